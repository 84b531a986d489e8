"""Mantel's and Haenszel's statistics, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.differential_functioning import dif


def test_mantel_and_haenszels_odds_ratio_by_hand() -> None:
    # one stratum by construction: everybody has one point on the two items
    codes = np.array([[1, 0]] * 30 + [[0, 1]] * 10 + [[1, 0]] * 15 + [[0, 1]] * 25)
    groups = np.repeat([0, 1], 40)
    found = dif(codes, groups, "mantel_haenszel")
    assert found.effect[0] == pytest.approx(-2.35 * np.log((30 * 25) / (10 * 15)))
    expected, variance = 40 * 45 / 80, 40 * 40 * 45 * 35 / (80**2 * 79)
    assert found.chi_square[0] == pytest.approx((abs(30 - expected) - 0.5) ** 2 / variance)
    assert found.effect[1] == pytest.approx(-found.effect[0])
    assert found.ets[0] == "C"


def test_an_empty_cross_product_leaves_the_odds_ratio_on_the_delta_scale() -> None:
    """Nobody of the one group got the first item right, nobody of the other got it wrong."""
    codes = np.array([[1, 0]] * 40 + [[0, 1]] * 20)
    found = dif(codes, np.repeat([0, 1], (40, 20)), "mantel_haenszel")
    assert found.effect[0] == pytest.approx(-2.35 * np.log((40.5 * 20.5) / (0.5 * 0.5)))
    assert found.effect[1] == pytest.approx(-found.effect[0])
    assert found.ets == ("C", "C")
    assert found.notes[0].startswith("Item 0: A cross-product of its odds ratio was empty; 0.5 was added")


def test_an_item_that_all_of_one_score_answer_alike_cannot_be_tested() -> None:
    found = dif(np.repeat([[0, 0], [1, 1]], 20, axis=0), np.tile([0, 1], 20), "mantel_haenszel")
    assert (found.effect.tolist(), found.p_value.tolist(), found.notes) == ([0.0, 0.0], [1.0, 1.0], ())


def test_mantels_statistic_by_hand() -> None:
    codes = np.array([[2, 0]] * 12 + [[1, 1]] * 8 + [[0, 2]] * 4 + [[2, 0]] * 5 + [[1, 1]] * 9 + [[0, 2]] * 10)
    groups = np.repeat([0, 1], 24)
    found = dif(codes, groups, "mantel_haenszel")
    pooled = np.array([14, 17, 17])
    mean, square = pooled @ [0, 1, 2] / 48, pooled @ [0, 1, 4] / 48
    variance = 24 * 24 * (square - mean**2) / 47
    assert found.chi_square[0] == pytest.approx((19 - 24 * mean) ** 2 / variance)
    assert found.effect[0] == pytest.approx(19 / 24 - 32 / 24)
    assert found.standardised[0] == pytest.approx((13 / 24) / np.sqrt(square - mean**2))
