"""A sitting ends when the decision is clear, or when it is long enough; each boundary from both sides."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ScoringError
from scoring.stopping import StopDecision, decide, glr, sprt
from tests.scoring.banks import POLICY

HEARD = {"units": 12, "scenarios": 6, "statements": 6, "is_balanced": True, "judgement_share": 0.5}


def reason_at(probability: float | None, **changes) -> str:
    decision = decide(probability, **{**POLICY, **HEARD, **changes})
    assert decision.stop == bool(decision.reason)
    return decision.reason


@pytest.mark.parametrize(
    ("probability", "reason"),
    [
        (0.95, "certain-above"),
        (1.0, "certain-above"),
        (np.nextafter(0.95, 0), ""),
        (0.02, "certain-below"),
        (0.0, "certain-below"),
        (np.nextafter(0.02, 1), ""),
        (0.5, ""),
    ],
)
def test_certainty_ends_a_sitting_at_its_bounds_inclusive(probability, reason) -> None:
    assert reason_at(probability) == reason


@pytest.mark.parametrize("lacking", [{"units": 11}, {"scenarios": 4}, {"statements": 4}, {"is_balanced": False}])
@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_no_certainty_ends_a_sitting_before_every_kind_and_facet_was_heard(probability, lacking) -> None:
    assert reason_at(probability, **lacking) == ""


@pytest.mark.parametrize("fewest", [{"units": 12}, {"scenarios": 5}, {"statements": 5}])
def test_certainty_ends_a_sitting_as_soon_as_the_fewest_were_heard(fewest) -> None:
    assert reason_at(1.0, **fewest) == "certain-above"


def test_certain_above_needs_the_judgement_share_and_certain_below_does_not() -> None:
    short = np.nextafter(0.5, 0)

    assert reason_at(1.0, judgement_share=short) == ""
    assert reason_at(0.0, judgement_share=short) == "certain-below"


@pytest.mark.parametrize(
    ("units", "probability", "reason"),
    [
        (39, 0.10, ""),
        (40, 0.10, "longest"),
        (40, 0.20, "longest"),
        (40, np.nextafter(0.20, 1), ""),
        (40, np.nextafter(0.80, 0), ""),
        (40, 0.80, "longest"),
        (59, 0.50, ""),
        (60, 0.50, "undecided-longest"),
        (60, 0.90, "longest"),
        (60, 0.95, "certain-above"),
    ],
)
def test_only_the_undecided_go_on_past_the_longest(units, probability, reason) -> None:
    assert reason_at(probability, units=units) == reason


def test_the_longest_sitting_ends_even_when_something_was_not_heard() -> None:
    assert reason_at(1.0, units=40, scenarios=3) == "longest"


def test_without_a_cut_only_the_length_ends_a_sitting() -> None:
    assert reason_at(None, units=39) == ""
    assert reason_at(None, units=40) == "longest"


@pytest.mark.parametrize("wrong", [np.nan, -0.01, 1.01, np.inf])
def test_a_number_that_is_no_probability_is_refused(wrong) -> None:
    with pytest.raises(ScoringError, match="between 0 and 1"):
        reason_at(wrong)


@given(st.floats(0, 1), st.integers(60, 100), st.booleans(), st.floats(0, 1))
def test_no_sitting_is_longer_than_the_longest(probability, units, balanced, share) -> None:
    decision = decide(
        probability, **{**POLICY, **HEARD, "units": units, "is_balanced": balanced, "judgement_share": share}
    )

    assert decision.stop


def test_decisions_are_values() -> None:
    assert decide(0.5, **POLICY, **HEARD) == StopDecision(stop=False, reason="")


POINTS = np.linspace(-4.0, 4.0, 81)
REGION = {"half_width": 0.5, "alpha": 0.05, "beta": 0.10}
UPPER, LOWER = math.log(0.90 / 0.05), math.log(0.10 / 0.95)


def rising(ratio: float) -> np.ndarray:
    """A log-likelihood that differs by `ratio` between .5 above the cut, which is 1, and .5 below it."""
    return ratio * POINTS


@pytest.mark.parametrize("rule", [sprt, glr])
def test_likelihood_ratios_decide_at_walds_bounds(rule) -> None:
    near = (UPPER + 1e-6, UPPER - 1e-6, LOWER + 1e-6, LOWER - 1e-6)
    # Beyond the region the curve is level, so that its ends are the best places as well.
    reasons = [rule(ratio * np.clip(POINTS, 0.5, 1.5), POINTS, 1.0, **REGION).reason for ratio in near]

    assert reasons == ["certain-above", "", "", "certain-below"]


def test_the_generalised_ratio_takes_the_best_theta_on_either_side() -> None:
    above = -2.0 * (POINTS - 3.0) ** 2
    below = -2.0 * (POINTS + 1.5) ** 2
    inside = -2.0 * (POINTS - 1.0) ** 2

    assert glr(above, POINTS, 1.0, **REGION).reason == "certain-above"
    assert glr(below, POINTS, 1.0, **REGION) == StopDecision(stop=True, reason="certain-below")
    assert not glr(inside, POINTS, 1.0, **REGION).stop
    flat_then_high = np.where(POINTS >= 3.0, 5.0, 0.0)  # its ends are alike, its far side is not
    assert glr(flat_then_high, POINTS, 1.0, **REGION).reason == "certain-above"
    assert not sprt(flat_then_high, POINTS, 1.0, **REGION).stop
    assert glr(np.where(POINTS <= -1.0, 5.0, 0.0), POINTS, 1.0, **REGION).reason == "certain-below"


@pytest.mark.parametrize(
    ("logs", "points", "changes"),
    [
        (rising(1.0)[:-1], POINTS, {}),
        (np.stack([rising(1.0)]), np.stack([POINTS]), {}),
        (np.where(POINTS > 3, np.nan, 0.0), POINTS, {}),
        (rising(1.0), POINTS[::-1], {}),
        (rising(1.0), np.where(POINTS[3] == POINTS, POINTS[2], POINTS), {}),
        (rising(1.0), POINTS, {"half_width": 0.0}),
        (rising(1.0), POINTS, {"half_width": 3.1}),
        (rising(1.0), POINTS, {"cut": -3.9}),
        (rising(1.0), POINTS, {"alpha": 0.0}),
        (rising(1.0), POINTS, {"beta": 0.5}),
    ],
)
def test_a_ratio_without_a_curve_or_a_region_is_refused(logs, points, changes) -> None:
    with pytest.raises(ScoringError):
        sprt(logs, points, **{"cut": 1.0, **REGION, **changes})


def test_a_region_may_reach_to_the_last_node_and_be_narrow() -> None:
    assert sprt(rising(9.0), POINTS, 3.5, **REGION).stop
    assert sprt(rising(9.0), POINTS, -3.5, **REGION).stop
    assert sprt(rising(9.0), POINTS, 1.0, half_width=0.3, alpha=0.05, beta=0.10).stop
