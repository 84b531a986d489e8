"""Deadlines count working days from the day after asking."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.reviews import rules
from app.reviews.models import Outcome, Reason
from app.reviews.policy import ReviewPolicy


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), date(2026, 12, 7)),  # a Monday: two weeks on
        (datetime(2026, 11, 27, 23, 59, tzinfo=UTC), date(2026, 12, 11)),  # a Friday
        (datetime(2026, 11, 28, 0, 0, tzinfo=UTC), date(2026, 12, 11)),  # a Saturday counts from Monday
        (datetime(2026, 11, 29, 12, tzinfo=UTC), date(2026, 12, 11)),  # and so does a Sunday
    ],
)
def test_case_093_the_answer_is_due_ten_working_days_on(asked, due):
    assert rules.due_on(asked, ReviewPolicy()) == due


def test_the_last_day_itself_is_not_overdue():
    due = date(2026, 12, 7)
    assert not rules.is_overdue(due, at=datetime(2026, 12, 7, 23, 59, 59, tzinfo=UTC))
    assert rules.is_overdue(due, at=datetime(2026, 12, 8, 0, 0, tzinfo=UTC))


def test_an_award_that_waits_cannot_be_answered_by_computing_it_again():
    assert set(rules.outcomes_for(was_held=True)) == set(Outcome) - {Outcome.RESCORE}
    assert set(rules.outcomes_for(was_held=False)) == set(Outcome)
    assert Reason.KINDS_APART not in rules.REASONS


def test_nothing_is_computed_again_where_the_answers_are_not_kept_any_more():
    assert set(rules.outcomes_for(was_held=False, can_replay=False)) == set(Outcome) - {Outcome.RESCORE}
