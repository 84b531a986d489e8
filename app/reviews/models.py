"""Cases: one for a result at most, decided once, and never by the person it is about."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, where


class State(StrEnum):
    """Where a case stands. Only an open one can be decided or taken back."""

    OPEN = "open"
    DECIDED = "decided"
    TAKEN_BACK = "taken-back"


class Reason(StrEnum):
    """Why somebody should look. The last two are never chosen: rules open such cases."""

    TECHNICAL = "technical"
    QUESTION = "question"
    DISTURBED = "disturbed"
    ADJUSTMENT = "adjustment"
    UNCLEAR = "unclear"
    OTHER = "other"
    KINDS_APART = "kinds-apart"
    BEYOND_LIMIT = "beyond-limit"  # two accounts were merged, and an award rests on a sitting that was one too many


class Outcome(StrEnum):
    """What the reviewer may decide."""

    CONFIRM = "confirm"  # the result stands; an award that waited for a person is made
    ANNUL = "annul"  # the sitting counts for nothing
    RESIT = "re-sit"  # one more sitting, outside waits and limit
    RESCORE = "rescore"  # computed again from the stored responses; a difference annuls and gives a re-sit


class Change(StrEnum):
    """What two people may do to one certificate in the register."""

    REVERSE = "reverse"  # its revocation was wrong: it stands again, to the end it always had
    MOVE = "move"  # it stands on the wrong account: revoked there, issued to the right one
    SUSPEND = "suspend"  # it is under review from now on
    REINSTATE = "reinstate"  # that review is over, and it stands
    WITHDRAW = "withdraw"  # its award falls, and it is revoked


class RegisterChange(Base):
    """A change of one certificate: asked for by one person, applied by another, or dropped by either."""

    __tablename__ = "register_change"
    __table_args__ = (
        CheckConstraint("applied_by <> asked_by", name="two_people"),
        CheckConstraint("applied_at IS NULL OR dropped_at IS NULL", name="applied_or_dropped"),
        CheckConstraint("(kind = 'move') = (to_person_id IS NOT NULL)", name="moved_to_somebody"),
        Index("ix_register_change_credential", "credential_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id"))
    kind: Mapped[Change]
    to_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # None once they were erased
    lapses_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    dropped_at: Mapped[datetime | None]
    dropped_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    def is_open(self, *, at: datetime) -> bool:
        """Whether a second person can still apply it."""
        return (
            self.applied_at is None and self.dropped_at is None and self.asked_by is not None and at <= self.lapses_at
        )

    def apply(self, by: UUID, *, at: datetime) -> None:
        """Open -> applied. Who may is judged by the use case, and by the table itself."""
        self.applied_by, self.applied_at = by, at

    def drop(self, by: UUID, *, at: datetime) -> None:
        """Open -> dropped: nothing changes."""
        self.dropped_by, self.dropped_at = by, at


class ItemRescoring(Base):
    """Finished sittings read without a suspended item: asked for by one person, applied by another, undone or settled.

    Counts and hash are those of the preview that both looked at.
    """

    __tablename__ = "item_rescoring"
    __table_args__ = (
        CheckConstraint("applied_by <> asked_by", name="two_people"),
        CheckConstraint("undone_at IS NULL OR applied_at IS NOT NULL", name="applied_before_undone"),
        CheckConstraint("undone_at IS NULL OR settled_at IS NULL", name="undone_or_settled"),
        Index("ix_item_rescoring_item", "item_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID]
    item_code: Mapped[str]
    skill: Mapped[str]
    languages: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(Text)
    counts: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    lapses_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    undo_until_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]

    def is_open(self, *, at: datetime) -> bool:
        """Whether a second person can still apply it."""
        return self.applied_at is None and at <= self.lapses_at

    def may_be_undone(self, *, at: datetime) -> bool:
        """Whether it is applied, and nothing was awarded or granted because of it yet."""
        return (
            self.undo_until_at is not None and not self.undone_at and not self.settled_at and at <= self.undo_until_at
        )

    def apply(self, by: UUID, *, at: datetime, undo_until: datetime) -> None:
        """Open -> applied. Who may is judged by the use case, and by the table itself."""
        self.applied_by, self.applied_at, self.undo_until_at = by, at, undo_until


class ReviewCase(Base):
    """One question about one result, with its answer. Opened again, it is a new question in the same place."""

    __tablename__ = "review_case"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> person_id", name="not_in_own_case"),
        CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="decided_with_outcome"),
        Index("ix_review_case_queue", "state", "due_on"),
        Index("ix_review_case_decided_by", "decided_by", **where("decided_by IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    result_id: Mapped[UUID] = mapped_column(ForeignKey("skill_result.id"), unique=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    skill: Mapped[str]
    reason: Mapped[Reason]
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[State] = mapped_column(default=State.OPEN)
    opened_at: Mapped[datetime]
    due_on: Mapped[date]
    closed_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[Outcome | None]
    explanation: Mapped[str | None] = mapped_column(Text)
    minutes_spent: Mapped[int | None]
    replay_matched: Mapped[bool | None]

    def decide(self, outcome: Outcome, explanation: str, *, minutes_spent: int, by: UUID, at: datetime) -> None:
        """Open -> decided. Who may is judged by the use case, and by the table itself."""
        self.state, self.outcome, self.explanation = State.DECIDED, outcome, explanation
        self.minutes_spent, self.decided_by, self.closed_at = minutes_spent, by, at

    @property
    def opening(self) -> str:
        """Names the case as it was opened this time, for what happens once: letters, and a sitting that is granted."""
        return f"{self.id}:{self.opened_at:%Y%m%d%H%M%S}"

    def open_again(self, reason: Reason, words: str, *, at: datetime, due_on: date) -> None:
        """Closed -> open. What was answered before stands in the letter of then, and in the audit record."""
        self.state, self.reason, self.words, self.opened_at, self.due_on = State.OPEN, reason, words, at, due_on
        self.closed_at, self.decided_by, self.outcome, self.explanation = None, None, None, None
        self.minutes_spent, self.replay_matched = None, None

    def take_back(self, *, at: datetime) -> None:
        """Open -> taken back by the person who asked."""
        self.state, self.closed_at = State.TAKEN_BACK, at
