"""A decision for every result, and an award only where one was made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, where

SETTLED = "award.settled"  # in the audit record: a person decided what had been held


class Outcome(StrEnum):
    """What was decided about a result."""

    AWARDED = "awarded"
    NOT_AWARDED = "not-awarded"
    HELD = "held"  # the two kinds of evidence disagree: a person looks before anything is awarded


class AwardDecision(Base):
    """The decision on one result, with every reason named; made once."""

    __tablename__ = "award_decision"
    __table_args__ = (Index("ix_award_decision_outcome", "outcome", "decided_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    result_id: Mapped[UUID] = mapped_column(ForeignKey("skill_result.id"), unique=True)
    outcome: Mapped[Outcome]
    reasons: Mapped[list[str]]
    policy_version: Mapped[int]
    decided_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]  # when people ended a hold, or corrected what it rested on


class Award(Base):
    """A top result, recognised. A specimen comes from a provisional key, a demo norm or a trial issuer.

    At most one stands for a result; one that was withdrawn from the wrong account stays beside it.
    """

    __tablename__ = "award"
    __table_args__ = (Index("uq_award_standing", "result_id", unique=True, **where("withdrawn_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    result_id: Mapped[UUID] = mapped_column(ForeignKey("skill_result.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    skill: Mapped[str]
    is_specimen: Mapped[bool]
    specimen_reasons: Mapped[list[str]]
    decided_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
