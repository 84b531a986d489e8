from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.assessment.policy import SittingPolicy
from app.assessment.rules import (
    Content,
    Seen,
    Taken,
    fewest_of_facet,
    has_enough_for_result,
    is_balanced,
    minutes_needed,
    months_after,
    months_between,
    most_repeated_statements,
    retake,
    worn_statements,
)
from app.foundation.policies import PolicyInvalid, loosened

POLICY = SittingPolicy()
START = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


def _taken(*days: int) -> list[Taken]:
    return [Taken(START + timedelta(days=day), START + timedelta(days=day, hours=1)) for day in days]


@pytest.mark.parametrize(("days", "allowed"), [(29, False), (30, True)])
def test_the_second_sitting_may_begin_thirty_days_after_the_end_of_the_first(days: int, *, allowed: bool) -> None:
    (first,) = _taken(0)
    assert retake([first], at=first.ended_at + timedelta(days=days), policy=POLICY).is_allowed is allowed


@pytest.mark.parametrize(("days", "allowed"), [(89, False), (90, True)])
def test_the_third_sitting_may_begin_ninety_days_after_the_end_of_the_second(days: int, *, allowed: bool) -> None:
    former = _taken(0, 40)
    assert retake(former, at=former[-1].ended_at + timedelta(days=days), policy=POLICY).is_allowed is allowed


def test_a_second_before_the_wait_is_over_is_too_soon_and_the_instant_is_named() -> None:
    (first,) = _taken(0)
    refused = retake([first], at=first.ended_at + timedelta(days=30, seconds=-1), policy=POLICY)
    assert refused.from_at == first.ended_at + timedelta(days=30)
    assert not refused.by_limit


def test_the_fourth_sitting_of_the_rolling_year_waits_for_the_first_to_fall_out_of_it() -> None:
    former = _taken(0, 31, 122)
    refused = retake(former, at=former[-1].ended_at + timedelta(days=100), policy=POLICY)
    assert refused.by_limit
    assert refused.from_at == months_after(former[0].started_at, 12)
    assert retake(former, at=months_after(former[0].started_at, 12), policy=POLICY).is_allowed


def test_months_keep_the_clock_time_and_end_with_a_shorter_month() -> None:
    assert months_after(datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC), 12) == datetime(
        2029, 2, 28, 23, 59, 58, tzinfo=UTC
    )
    assert months_after(START, 1) == datetime(2026, 2, 28, 9, 0, tzinfo=UTC)
    assert months_after(START, -2) == datetime(2025, 11, 30, 9, 0, tzinfo=UTC)


def test_a_clock_that_jumped_back_ages_nothing() -> None:
    assert months_between(START, START - timedelta(hours=1)) == 0
    assert months_between(START, START + timedelta(days=365.2425)) == pytest.approx(12)


@pytest.mark.parametrize(("units", "fewest"), [(12, 3), (15, 3), (16, 4), (20, 4), (40, 8), (60, 12)])
def test_a_facet_needs_a_fifth_of_the_units_without_a_float_asking_for_one_more(units: int, fewest: int) -> None:
    assert fewest_of_facet(units, POLICY) == fewest


def test_balance_needs_every_facet_of_the_release() -> None:
    assert is_balanced(Content(7, 5, {"a": 3, "b": 3, "c": 3, "d": 3}), POLICY)
    assert not is_balanced(Content(7, 5, {"a": 4, "b": 4, "c": 4, "d": 0}), POLICY)
    assert not is_balanced(Content(0, 0, {"a": 0}), POLICY)


def test_nine_units_are_no_result_and_ten_are() -> None:
    assert not has_enough_for_result(Content(9, 0, {}), POLICY)
    assert has_enough_for_result(Content(5, 5, {}), POLICY)


def test_a_fifth_of_the_former_statements_may_come_again() -> None:
    assert [most_repeated_statements(count, POLICY) for count in (0, 4, 5, 10, 15)] == [0, 0, 1, 2, 3]


def _seen(codes: str, *, is_of_whole: bool) -> list[Seen]:
    sitting_id = uuid4()
    return [Seen(code, sitting_id, is_of_whole) for code in codes]


def test_of_what_was_seen_the_statements_unseen_for_longest_may_come_again() -> None:
    whole, left = _seen("abcde", is_of_whole=True), _seen("xay", is_of_whole=False)
    assert worn_statements([], POLICY) == []
    assert worn_statements(whole, POLICY) == ["e", "d", "c", "b"]
    assert worn_statements([*whole, *left], POLICY) == ["y", "a", "x", "e", "d", "c"]
    assert worn_statements([*left, *whole], POLICY) == ["e", "d", "c", "b"]
    assert worn_statements([*_seen("bcd", is_of_whole=False), *left], POLICY) == ["y", "a", "x", "d", "c"]
    assert worn_statements([*whole, *left], SittingPolicy(most_statement_overlap=1.0)) == []


def test_minutes_are_rounded_up_and_never_none() -> None:
    assert minutes_needed(0, 0, POLICY) == 1
    assert minutes_needed(7, 5, POLICY) == 6


@pytest.mark.parametrize(
    "values", [{"composite_weights": (0.5, 0.6)}, {"composite_weights": (1.0,)}, {"most_units": 70}]
)
def test_values_that_cannot_be_meant_together_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(PolicyInvalid):
        SittingPolicy(**values)  # type: ignore[arg-type]


def test_a_trial_policy_is_recognised_as_looser() -> None:
    assert loosened(SittingPolicy(fewest_units=10, fewest_scenarios=0)) == ["fewest_units", "fewest_scenarios"]
