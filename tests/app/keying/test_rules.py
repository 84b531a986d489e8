"""Agreement of judges on one scenario: each rule refuses on its own, and none refuses a panel of one mind."""

from __future__ import annotations

import numpy as np
import pytest

from app.keying.policy import KeyingPolicy
from app.keying.rules import figures, obstacles, order_stability

POLICY = KeyingPolicy()
AGREED = [[6, 4, 2, 1], [5, 4, 3, 1], [6, 4, 2, 1], [6, 5, 2, 1], [5, 3, 2, 1], [6, 4, 3, 2]]


def test_judges_of_one_mind_agree_and_their_rounded_means_are_the_key():
    found = figures(AGREED, POLICY)

    assert found.reasons == ()
    assert found.key == (6, 4, 2, 1)
    assert found.options[0].mean == pytest.approx(34 / 6)
    assert found.options[0].spread == pytest.approx(np.std([6, 5, 6, 6, 5, 6], ddof=1))
    assert (found.share_on_best, found.share_on_worst) == (1.0, 1.0)


def test_one_option_rated_far_apart_sends_the_scenario_back():
    apart = [[6, rating, 2, 1] for rating in (5, 2, 5, 2, 5, 3)]

    found = figures(apart, POLICY)

    assert "spread" in found.reasons
    assert [option.is_disputed for option in found.options] == [False, True, False, False]


def test_a_spread_of_exactly_the_limit_is_agreed():
    given = [[6, 4, 1], [6, 4, 1], [6, 2, 1], [6, 2, 1]]
    limit = float(np.std([4, 4, 2, 2], ddof=1))

    assert "spread" not in figures(given, KeyingPolicy(largest_spread=limit)).reasons
    assert "spread" in figures(given, KeyingPolicy(largest_spread=limit - 1e-9)).reasons


def test_a_judge_who_rates_two_options_alike_at_the_top_agrees_on_neither():
    tied = [[5, 5, 1]] * 5 + [[6, 5, 1]]

    found = figures(tied, POLICY)

    assert found.share_on_best == pytest.approx(1 / 6)
    assert found.reasons == ("best",)


def test_fewer_than_two_thirds_on_the_worst_send_it_back():
    found = figures([[6, 3, 2], [6, 3, 2], [6, 3, 2], [6, 2, 3], [6, 2, 3], [6, 2, 3]], POLICY)

    assert "worst" in found.reasons
    assert "best" not in found.reasons


def test_a_key_that_tells_no_option_from_another_is_no_key():
    assert "flat" in figures([[4, 4, 4]] * 6, POLICY).reasons


def test_the_order_is_stable_where_halves_rank_alike_and_not_where_they_are_noise():
    rng = np.random.default_rng(1)

    assert order_stability(np.array(AGREED, dtype=float)) > 0.95
    assert abs(order_stability(rng.integers(1, 7, (12, 5)).astype(float))) < 0.5
    assert order_stability(np.array(AGREED[:3], dtype=float)) is None


def test_the_same_ratings_always_give_the_same_figures():
    assert figures(AGREED, POLICY) == figures(AGREED, POLICY)


def test_obstacles_name_too_few_judges_and_too_few_scenarios():
    agreed = {f"s{number}": figures(AGREED, POLICY) for number in range(POLICY.fewest_scenarios)}

    assert obstacles(agreed, signed=POLICY.fewest_judges, policy=POLICY) == ()
    assert obstacles(agreed, signed=POLICY.fewest_judges - 1, policy=POLICY) == ("too-few-judges",)
    agreed.popitem()
    assert obstacles(agreed, signed=POLICY.fewest_judges, policy=POLICY) == ("too-few-scenarios",)
