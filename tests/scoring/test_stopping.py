"""A sitting ends when the decision is clear, or when it is long enough; each boundary from both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ScoringError
from scoring.stopping import StopDecision, decide

POLICY = {
    "fewest_units": 12,
    "fewest_scenarios": 5,
    "fewest_statements": 5,
    "certain_above": 0.95,
    "certain_below": 0.02,
    "most_units": 40,
    "most_units_undecided": 60,
    "undecided_from": 0.20,
    "undecided_to": 0.80,
    "least_judgement_share": 0.50,
}
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
