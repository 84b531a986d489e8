"""Simulated people answer as the model says."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.simulation import simulate_kinds, simulate_responses

ITEMS = ItemParameters([1.5, 0.7, -1.2], [[-1.0, 0.2, 1.1], [0.3, np.nan, np.nan], [1.0, -0.5, -1.0]])


@pytest.mark.parametrize("theta", [-2.0, 0.0, 1.5])
def test_categories_come_as_often_as_the_model_says(theta: float) -> None:
    drawn = simulate_responses(ITEMS, np.full(40_000, theta), np.random.default_rng(1))
    expected = category_probabilities(ITEMS, [theta])[0]
    for item in range(3):
        shares = np.bincount(drawn[:, item], minlength=4)[:4] / 40_000
        np.testing.assert_allclose(shares, expected[item], atol=0.012)


def test_nobody_answers_a_category_an_item_lacks() -> None:
    drawn = simulate_responses(ITEMS, np.linspace(-40, 40, 2001), np.random.default_rng(2))
    assert drawn.dtype == np.int8
    assert drawn.min() == 0
    assert (drawn.max(axis=0) == ITEMS.categories - 1).all()


def test_the_same_generator_gives_the_same_answers_in_blocks_of_any_size() -> None:
    theta = np.random.default_rng(3).standard_normal(20_050)
    one = simulate_responses(ITEMS, theta, np.random.default_rng(4))
    other = simulate_responses(ITEMS, theta, np.random.default_rng(4))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one[:10], simulate_responses(ITEMS, theta[:10], np.random.default_rng(4)))


def test_the_two_kinds_correlate_as_asked() -> None:
    theta = simulate_kinds(60_000, 0.6, np.random.default_rng(5))
    assert np.corrcoef(theta.T)[0, 1] == pytest.approx(0.6, abs=0.01)
    np.testing.assert_allclose(theta.std(axis=0), 1, atol=0.01)


def test_impossible_people_are_refused() -> None:
    with pytest.raises(ScoringError, match="finite"):
        simulate_responses(ITEMS, [0.0, np.nan], np.random.default_rng(6))
    with pytest.raises(ScoringError, match="correlation"):
        simulate_kinds(3, 1.2, np.random.default_rng(6))
