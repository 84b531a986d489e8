"""Proportional odds: the maximum is found, two categories are logistic regression, separation stays finite."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from scoring.proportional_odds import proportional_odds


def test_ordinal_regression_finds_the_maximum() -> None:
    rng = np.random.default_rng(12)
    x = rng.normal(0, 1, (200, 2))
    counts = rng.poisson(3, (200, 4)).astype(float) + 0.1
    fit = proportional_odds(counts, x)

    def height(intercepts: NDArray[np.float64], coefficients: NDArray[np.float64]) -> float:
        above = 1 / (1 + np.exp(-(intercepts + (x @ coefficients)[:, None])))
        edges = np.concatenate([np.ones((200, 1)), above, np.zeros((200, 1))], axis=1)
        return float((counts * np.log(edges[:, :-1] - edges[:, 1:])).sum())

    assert height(fit.intercepts, fit.coefficients) == pytest.approx(fit.log_likelihood)
    for _ in range(20):
        nudged = height(fit.intercepts + rng.normal(0, 1e-2, 3), fit.coefficients + rng.normal(0, 1e-2, 2))
        assert nudged < fit.log_likelihood


def test_two_category_ordinal_regression_is_logistic() -> None:
    fit = proportional_odds([[30, 10], [15, 25]], [[0.0], [1.0]])
    assert fit.intercepts[0] == pytest.approx(np.log(10 / 30), abs=1e-5)
    assert fit.coefficients[0] == pytest.approx(np.log(25 / 15) - np.log(10 / 30), abs=1e-5)


def test_separated_groups_stay_finite() -> None:
    fit = proportional_odds([[50, 0], [0, 50]], [[0.0], [1.0]])
    assert np.isfinite(fit.coefficients).all()
    assert fit.log_likelihood > -1e-2
