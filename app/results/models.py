"""One normed score per sitting. Never edited: a correction is a new result with its reason, by two people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base


class SkillResult(Base):
    """What a completed sitting says under its pinned norm version; unrounded."""

    __tablename__ = "skill_result"
    __table_args__ = (
        Index("ix_skill_result_norm", "norm_id", "reported_at"),
        Index("ix_skill_result_reported", "reported_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    skill: Mapped[str]
    norm_id: Mapped[UUID | None] = mapped_column(ForeignKey("norm_version.id"))
    theta: Mapped[float]
    standard_error: Mapped[float]
    percentile_rank: Mapped[float | None]
    band_low: Mapped[float | None]
    band_high: Mapped[float | None]
    decision_confidence: Mapped[float | None]
    is_provisional: Mapped[bool]
    reported_at: Mapped[datetime]
