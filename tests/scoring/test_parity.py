"""All of the reference met, as one table: `python -m tests.scoring.test_parity` prints each file's worst deviations.

Where ours differs on purpose, the reason stands beside the number. Norms have their own tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from scoring.ability import estimate_ability
from scoring.graded_response import category_probabilities, log_likelihood, test_information
from scoring.item_fit_statistics import item_fit
from scoring.items import ItemParameters
from scoring.linking import METHODS
from scoring.model_fit import _left_over, _Moments, model_fit
from scoring.normal import NODES, normal_prior
from scoring.reliability import marginal_reliability
from scoring.responses import MISSING, ResponseMatrix
from tests.scoring.fitted_once import (
    answers,
    calibrated,
    concurrent,
    dif_case,
    dif_found,
    form,
    form_link,
    linking_design,
    stored,
    stored_items,
    stored_scores,
)

SCALES = [
    "BIG5_A__graded",
    "BIG5_E__graded",
    "LSAT7__2PL",
    "Science__gpcm",
    "Science__graded",
    "Science__nominal",
    "bfi_A__graded",
    "bfi_C__graded",
    "bfi_E__gpcm",
    "bfi_E__graded",
    "verbagg__Rasch",
    "verbagg__gpcm",
    "verbagg__graded",
    "verbagg_dichot__2PL",
]
DIF = ["DIF__bfi_A_gender", "DIF__bfi_C_gender", "DIF__BIG5_E_gender_first4000"]
LINK = "LINK__BIG5_E_gender"

LOG_LIKELIHOOD = 1e-3
PARAMETER = 1e-4
ABILITY = 1e-4
INFORMATION = 1e-6
FIT = 1e-2
CONSTANT = 1e-5
# The reference's own fit stopped on a flat ridge, 7e-9 of log-likelihood below ours; ours moves by less than 1e-6 when
# asked for four more digits.
NOMINAL_PARAMETER = 2e-4
# The concurrent reference was fitted to TOL 1e-5 and lies 3e-5 of log-likelihood below ours.
CONCURRENT_PARAMETER = 3e-4


def scale(case: str) -> Iterator[tuple[str, float, float]]:
    """Quantity, worst deviation, and how large it may be."""
    table, fitted, items = stored(case), calibrated(case), stored_items(case)
    codes = answers(case.split("__", maxsplit=1)[0])
    sd = float(fitted.group_sds[0])
    assert fitted.converged, fitted.notes
    assert fitted.n == table["N"]
    assert fitted.log_likelihood > table["logLik"] - 1e-6  # never below the reference's height
    yield "log-likelihood", abs(fitted.log_likelihood - table["logLik"]), LOG_LIKELIHOOD
    yield "parameters", _apart(fitted.items, items), NOMINAL_PARAMETER if items.model == "nominal" else PARAMETER
    yield "test information", _worst(test_information(items, table["theta_grid"]), table["test_info"]), INFORMATION
    if table["itemtype"] != "Rasch":  # of that the reference takes N(0, 1), not the fitted spread
        yield "reliability", abs(marginal_reliability(items) - table["marginal_rxx"]), INFORMATION
    scores = stored_scores(case)
    rows = codes[~np.isnan(codes).all(axis=1)][scores["row"].astype(int) - 1]
    for method in ("EAP", "MAP", "WLE", "ML"):
        finite = np.isfinite(scores[method])
        found = estimate_ability(rows[finite], fitted.items, method.lower(), prior_sd=sd)
        yield method, _worst(found.theta, scores[method][finite]), ABILITY
        if method in {"EAP", "MAP"}:
            yield f"SE({method})", _worst(found.standard_error, scores[f"SE_{method}"][finite]), ABILITY
    fit = item_fit(codes, items, sd=sd)
    yield "S-X2", _worst(fit.s_x2, table["SX2"]["S_X2"]), FIT
    yield "S-X2 df", _worst(fit.degrees_of_freedom, table["SX2"]["df.S_X2"]), 0
    yield "S-X2 RMSEA", _worst(fit.rmsea, table["SX2"]["RMSEA.S_X2"]), INFORMATION
    for name, key in (("M2*", "M2star"), ("C2", "C2")):
        if "error" in table[key]:
            continue
        # For the Rasch model the reference counts the estimated spread among the parameters without allowing for it.
        slopes = table["itemtype"] != "Rasch"
        overall = model_fit(codes, items, name, sd=sd, estimates_slopes=slopes)
        statistic, srmsr = overall.statistic, overall.srmsr
        if np.isnan(codes[~np.isnan(codes).all(axis=1)]).any():
            statistic, srmsr = overall_fit_in_the_reference(codes, items, name, sd, slopes=slopes)
        yield f"{name} SRMSR", abs(srmsr - table[key]["SRMSR"]), PARAMETER
        if table["itemtype"] != "gpcm":  # see test_overall_fit_of_the_partial_credit_model
            yield name, abs(statistic - table[key]["M2"]), FIT


def overall_fit_in_the_reference(
    given: NDArray[np.float64], items: ItemParameters, name: str, sd: float, *, slopes: bool
) -> tuple[float, float]:
    """Statistic and SRMSR as the reference reckons them where responses are missing.

    It takes means over all who answered an item and products over all who answered a pair, and their covariance as if
    nothing were missing: with 10 % missing at random it rejects every second true model. Ours does not (see
    test_item_fit_statistics), so on such files only what both are made of can be compared.
    """
    codes = ResponseMatrix(given).codes
    codes = codes[(codes != MISSING).any(axis=1)]
    centred = _Moments.of(items, normal_prior(NODES, 0.0, sd), by_category=name == "C2")
    moments = replace(centred, means=centred.means + centred.average, average=np.zeros(len(items)))
    share = np.diag(moments.answered_together(codes != MISSING))
    residual = (moments.observed(codes) - moments.expected) * share
    change = moments.derivatives(items, 0.0, sd, slopes=slopes, spread=False)
    statistic = codes.shape[0] * _left_over(residual, moments.covariance(), change)
    numbers = np.where(codes == MISSING, np.nan, codes)
    one, other = moments.pairs
    mean, deviation = np.nanmean(numbers, axis=0), np.nanstd(numbers, axis=0)
    product = np.nanmean(numbers[:, one] * numbers[:, other], axis=0)
    observed = (product - mean[one] * mean[other]) / (deviation[one] * deviation[other])
    spread = np.sqrt(centred.prior @ (centred.variances + centred.means**2))
    expected = centred.prior @ (centred.means[:, one] * centred.means[:, other]) / (spread[one] * spread[other])
    return statistic, float(np.sqrt(((observed - expected) ** 2).mean()))


def differential(case: str) -> Iterator[tuple[str, float, float]]:
    table, found = stored(case), dif_found(case)
    rows = table["DIF"]
    codes, groups = dif_case(case)
    sizes = [int((groups == int(label)).sum()) for label in table["N"]]
    assert sizes == list(table["N"].values())
    assert codes.shape[1] == len(rows)
    yield "chi-square", _worst(found.chi_square, [row["X2"] for row in rows]), FIT
    yield "df", _worst(found.degrees_of_freedom, [row["df"] for row in rows]), 0
    yield "adjusted p", _worst(found.adjusted_p, [row["adj_p"] for row in rows]), INFORMATION


def linked() -> Iterator[tuple[str, float, float]]:
    table = stored(LINK)
    for group, key in ((1, "form_x"), (2, "form_y")):
        rows = np.array(table[key])
        yield f"{key} parameters", _apart(form(group).items, ItemParameters(rows[:, 0], rows[:, 1:])), PARAMETER
    for method in METHODS:
        found = form_link(method)
        apart = _worst([found.slope, found.intercept], [table[method]["A"], table[method]["B"]])
        yield method, apart, CONSTANT
        if f"{method}_f" in table:
            yield f"{method} criterion", abs(found.criterion - table[f"{method}_f"]), CONSTANT
    theirs, ours = table["concurrent"], concurrent()
    assert ours.converged, ours.notes
    rows = np.array(theirs["items"])
    items = ItemParameters(rows[:, 0], -rows[:, 1:] / rows[:, :1])
    height = _height(items, np.array([0.0, theirs["mean2"]]), np.array([1.0, theirs["sd2"]]))
    yield "concurrent, our log-likelihood at their parameters", abs(height - theirs["logLik"]), 1e-6
    assert ours.log_likelihood > theirs["logLik"]
    yield "concurrent log-likelihood", ours.log_likelihood - theirs["logLik"], LOG_LIKELIHOOD
    yield "concurrent parameters", _apart(ours.items, items), CONCURRENT_PARAMETER
    constants = [ours.group_means[1], ours.group_sds[1]]
    yield "concurrent mean and sd", _worst(constants, [theirs["mean2"], theirs["sd2"]]), CONCURRENT_PARAMETER


def _height(items: ItemParameters, means: np.ndarray, sds: np.ndarray) -> float:
    """Log-likelihood of the linking design at given parameters."""
    codes, groups = linking_design()
    total = 0.0
    for label, mean, sd in zip((1, 2), means, sds, strict=True):
        like = np.exp(log_likelihood(codes[groups == label], items, NODES))
        total += float(np.log(like @ normal_prior(NODES, mean, sd)).sum())
    return total


def _worst(ours: object, theirs: object) -> float:
    return float(np.max(np.abs(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float))))


def _apart(ours: ItemParameters, theirs: ItemParameters) -> float:
    """Greatest difference of a parameter in IRT form."""
    if ours.category_slopes is not None:
        slopes = _worst(ours.category_slopes, theirs.category_slopes)
        return max(slopes, _worst(ours.category_intercepts, theirs.category_intercepts))
    return max(_worst(ours.slopes, theirs.slopes), _worst(ours.thresholds, theirs.thresholds))


@pytest.mark.parametrize("case", SCALES)
def test_a_scale_agrees_with_the_reference(case: str) -> None:
    for quantity, worst, most in scale(case):
        assert worst <= most, f"{case}: {quantity} differs by {worst:.2g}"


@pytest.mark.parametrize("case", DIF)
def test_differential_functioning_agrees_with_the_reference(case: str) -> None:
    for quantity, worst, most in differential(case):
        assert worst <= most, f"{case}: {quantity} differs by {worst:.2g}"


def test_linking_agrees_with_the_reference() -> None:
    for quantity, worst, most in linked():
        assert worst <= most, f"{LINK}: {quantity} differs by {worst:.2g}"


def test_nominal_curves_agree_where_parameters_hardly_matter() -> None:
    ours, theirs = calibrated("Science__nominal").items, stored_items("Science__nominal")
    theta = np.linspace(-4, 4, 33)
    np.testing.assert_allclose(
        category_probabilities(ours, theta), category_probabilities(theirs, theta), rtol=0, atol=5e-5
    )


@pytest.mark.parametrize(
    ("case", "theirs"), [("Science__gpcm", 16.34), ("bfi_E__gpcm", 78.37), ("verbagg__gpcm", 1451.87)]
)
def test_overall_fit_of_the_partial_credit_model(case: str, theirs: float) -> None:
    # The reference's figures for this model, and for no other, do not come out. Moments (SRMSR) agree to ten digits,
    # and so do the statistics of all other models from the same code; our derivatives by the slope are checked against
    # differences in test_item_fit, and our statistic is chi-square on average under a true model there.
    assert stored(case)["C2"]["M2"] == pytest.approx(theirs, abs=0.01)
    found = model_fit(answers(case.split("__", maxsplit=1)[0]), stored_items(case), "C2")
    assert found.statistic == pytest.approx(theirs, rel=0.2)
    assert found.degrees_of_freedom == stored(case)["C2"]["df"]


def main() -> None:
    """Print the table."""
    print(f"{'file':32}{'quantity':52}{'worst':>10}{'allowed':>10}")
    everything = [(case, scale(case)) for case in SCALES]
    everything += [(case, differential(case)) for case in DIF]
    everything.append((LINK, linked()))
    for case, found in everything:
        for quantity, worst, most in found:
            print(f"{case:32}{quantity:52}{worst:10.1e}{most:10.0e}{'' if worst <= most else '  MISSED'}", flush=True)


if __name__ == "__main__":
    main()
