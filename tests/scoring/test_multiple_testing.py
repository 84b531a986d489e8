"""P-values adjusted for how many there are."""

from __future__ import annotations

import numpy as np

from scoring.multiple_testing import benjamini_hochberg


def test_adjusted_p_values_by_hand() -> None:
    np.testing.assert_allclose(benjamini_hochberg([0.01, 0.04, 0.03, 0.5]), [0.04, 0.16 / 3, 0.16 / 3, 0.5], atol=1e-12)
