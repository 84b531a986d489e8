"""When each reminder falls due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.credentials.reminding import due_kind

KINDS = (60, 30, 7, 1, 0)
END = datetime(2028, 2, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        (timedelta(days=60, seconds=1), None),
        (timedelta(days=60), 60),
        (timedelta(days=30, seconds=1), 60),
        (timedelta(days=30), 30),
        (timedelta(days=7), 7),
        (timedelta(days=1), 1),
        (timedelta(0), 0),
        (-timedelta(hours=23), 0),
        (-timedelta(days=1), None),
    ],
)
def test_each_reminder_falls_due_to_the_second(left: timedelta, kind: int | None) -> None:
    assert due_kind(END, at=END - left, kinds=KINDS) == kind


def test_what_was_sent_is_not_due_again_and_nothing_earlier_is() -> None:
    assert due_kind(END, at=END - timedelta(days=29), kinds=KINDS, known={30}) is None
    assert due_kind(END, at=END - timedelta(days=45), kinds=KINDS, known={30}) is None
    assert due_kind(END, at=END - timedelta(days=6), kinds=KINDS, known={60, 30}) == 7
