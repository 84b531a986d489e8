"""Answers that become better than an item's own past are noticed; steady ones, however odd, are not."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.leak_watch import BASELINE, answer_residuals, upward_drift
from scoring.simulated_people import leaked
from scoring.simulation import simulate_responses

ITEMS = ItemParameters(np.array([1.0, 1.6]), np.array([[-1.0, 0.0, 1.0, 2.0], [-0.5, 0.2, 0.9, 1.6]]))


def test_a_residual_is_the_distance_from_what_the_model_expects_in_its_own_standard_deviations():
    chances = category_probabilities(ITEMS, [0.3])[0, 1]
    mean = chances @ np.arange(5)
    spread = np.sqrt(chances @ (np.arange(5) - mean) ** 2)
    found = answer_residuals(ITEMS, [1, 1], [4, 0], [0.3, 0.3])
    assert found == pytest.approx([(4 - mean) / spread, (0 - mean) / spread])


def test_residuals_of_people_who_answer_as_the_model_says_have_mean_zero_and_variance_one():
    theta = np.random.default_rng(1).normal(size=40_000)
    answers = simulate_responses(ITEMS, theta, np.random.default_rng(2))
    for item in (0, 1):
        found = answer_residuals(ITEMS, np.full(theta.size, item), answers[:, item], theta)
        assert found.mean() == pytest.approx(0, abs=0.02)
        assert found.var() == pytest.approx(1, abs=0.03)


def test_an_item_that_is_known_to_every_fifth_person_is_noticed_after_it_leaked_and_not_before():
    rng = np.random.default_rng(3)
    theta = rng.normal(size=6000)
    honest = simulate_responses(ITEMS, theta, rng)
    holds = (np.arange(6000) >= 3000) & (rng.random(6000) < 0.2)
    known = leaked(honest, [4, 4], [True, False], holds, rng)
    watched, other = (
        upward_drift(answer_residuals(ITEMS, np.full(6000, item), known[:, item], theta)) for item in (0, 1)
    )
    assert watched.is_alarm
    assert watched.since == pytest.approx(3000, abs=400)
    assert watched.shift > 0.1
    assert not other.is_alarm


def test_a_constant_shift_is_the_items_own_and_a_fall_is_no_leak():
    rng = np.random.default_rng(4)
    assert not upward_drift(rng.normal(0.8, 1.0, 4000)).is_alarm
    falling = np.concatenate([rng.normal(0, 1, 1000), rng.normal(-1, 1, 1000)])
    assert not upward_drift(falling).is_alarm


def test_the_change_is_the_largest_difference_of_two_means_worked_by_hand():
    found = upward_drift([0.0, 1.0, 0.0, 3.0, 4.0], baseline=2, fewest_after=2, limit=1.0)
    # 2 before, 3 after: 7/3 - 1/2 = 1.83 in 0.913 of a spread; 3 before, 2 after: 3.5 - 1/3 = 3.17 in the same
    spread = np.std([0, 1, 0, 3, 4], ddof=1)
    assert found.since == 3
    assert found.shift == pytest.approx((3.5 - 1 / 3) / spread)
    assert found.height == pytest.approx((3.5 - 1 / 3) / spread / np.sqrt(1 / 3 + 1 / 2))
    assert found.is_alarm


def test_few_answers_are_no_alarm():
    found = upward_drift(np.linspace(0, 50, BASELINE + 10))
    assert not found.is_alarm
    assert np.isnan(found.shift)


def test_honest_items_looked_at_again_and_again_are_hardly_ever_an_alarm():
    rng = np.random.default_rng(9)
    alarmed = 0
    for _ in range(100):
        answers = rng.normal(0.1, 1.1, 1500)
        alarmed += any(upward_drift(answers[:size]).is_alarm for size in range(350, 1501, 50))
    assert alarmed == 0


@pytest.mark.parametrize("wrong", [{"baseline": 1}, {"limit": 0.0}, {"fewest_after": 0}])
def test_a_watch_without_sense_is_refused(wrong):
    with pytest.raises(ScoringError):
        upward_drift([0.0, 1.0], **wrong)


def test_answers_that_do_not_belong_to_each_other_are_refused():
    with pytest.raises(ScoringError):
        answer_residuals(ITEMS, [0, 1], [1], [0.0, 0.0])


@pytest.mark.parametrize(
    ("number", "category", "theta", "said"),
    [
        (0, 2, np.nan, "theta 1 is nan"),
        (0, 2, np.inf, "theta 1 is inf"),
        (0, -1, 0.0, "Answer 1, item 0: -1 is none of its 5 categories"),
        (0, 5, 0.0, "Answer 1, item 0: 5 is none"),
        (1, np.nan, 0.0, "Answer 1, item 1: nan is none"),
        (1, 1.5, 0.0, "Answer 1, item 1: 1.5 is none"),
        (-1, 2, 0.0, "Answer 1: there is no item -1"),
        (2, 2, 0.0, "Answer 1: there is no item 2"),
    ],
)
def test_what_is_no_answer_or_no_place_is_refused(number, category, theta, said):
    with pytest.raises(ScoringError, match=said) as refused:
        answer_residuals(ITEMS, [0, number], [2, category], [0.0, theta])
    assert isinstance(refused.value, InvalidResponses) or "theta" in said
