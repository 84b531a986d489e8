"""The figures of mirt 1.47 met on real responses: log-likelihood, item parameters, reliability."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.calibration import calibrate
from scoring.items import ItemParameters
from scoring.reliability import marginal_reliability
from tests.conftest import shared_file
from tests.scoring.real_responses import irt, reference, responses

CASES = [
    "LSAT7__2PL",
    "verbagg_dichot__2PL",
    "verbagg__graded",
    "verbagg__gpcm",
    "Science__graded",
    "Science__gpcm",
    "bfi_A__graded",
    "bfi_C__graded",
    "bfi_E__graded",
    "bfi_E__gpcm",
    "BIG5_E__graded",
    "BIG5_A__graded",
]
LOG_LIKELIHOOD = 1e-3
PARAMETER = 1e-4


@pytest.mark.parametrize("case", CASES)
def test_a_calibration_of_real_responses_agrees_with_the_reference(case: str) -> None:
    stored = reference(shared_file, case)
    slopes, thresholds = irt(stored)
    fitted = calibrate(responses(shared_file, case.split("__", maxsplit=1)[0]), stored["itemtype"].lower())
    assert fitted.converged, fitted.notes
    assert fitted.n == stored["N"]
    assert fitted.iterations < 50  # the reference takes hundreds
    assert fitted.log_likelihood == pytest.approx(stored["logLik"], abs=LOG_LIKELIHOOD)
    assert fitted.log_likelihood > stored["logLik"] - 1e-6  # we never stop below the reference's height
    np.testing.assert_allclose(fitted.items.slopes, slopes, atol=PARAMETER)
    np.testing.assert_allclose(fitted.items.thresholds, thresholds, atol=PARAMETER)


@pytest.mark.parametrize("case", CASES)
def test_marginal_reliability_agrees_with_the_reference(case: str) -> None:
    stored = reference(shared_file, case)
    slopes, thresholds = irt(stored)
    items = ItemParameters(slopes, thresholds, stored["itemtype"].lower())
    assert marginal_reliability(items) == pytest.approx(stored["marginal_rxx"], abs=1e-6)
