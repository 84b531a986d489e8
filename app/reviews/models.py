"""Cases: one for a result at most, decided once, and never by the person it is about."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base


class State(StrEnum):
    """Where a case stands. Only an open one can be decided or taken back."""

    OPEN = "open"
    DECIDED = "decided"
    TAKEN_BACK = "taken-back"


class Reason(StrEnum):
    """Why somebody should look. The last one is never chosen: the rule of the award opens such a case."""

    TECHNICAL = "technical"
    QUESTION = "question"
    DISTURBED = "disturbed"
    ADJUSTMENT = "adjustment"
    UNCLEAR = "unclear"
    OTHER = "other"
    KINDS_APART = "kinds-apart"


class Outcome(StrEnum):
    """What the reviewer may decide."""

    CONFIRM = "confirm"  # the result stands; an award that waited for a person is made
    ANNUL = "annul"  # the sitting counts for nothing
    RESIT = "re-sit"  # one more sitting, outside waits and limit
    RESCORE = "rescore"  # computed again from the stored responses; a difference annuls and gives a re-sit


class ReviewCase(Base):
    """One question about one result, with its answer."""

    __tablename__ = "review_case"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> person_id", name="not_in_own_case"),
        CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="decided_with_outcome"),
        Index("ix_review_case_queue", "state", "due_on"),
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

    def take_back(self, *, at: datetime) -> None:
        """Open -> taken back by the person who asked."""
        self.state, self.closed_at = State.TAKEN_BACK, at
