"""What the last night's watch of each norm saw, and the alarms that it raised."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base


class AlarmKind(StrEnum):
    """What is wrong, or may be."""

    SHARE = "share"  # above or below the line, more people than chance explains
    LEAK = "leak"  # an item is answered better than it was, by people of the same standing
    EXPOSURE = "exposure"  # an item is shown in more sittings than the cap allows
    PACE = "pace"  # an item is answered much faster than it was
    FORMATS = "formats"  # judgement and self-report disagree in more sittings than chance explains
    AGE = "age"  # items that have been in use for long, or shown to many
    RESULTS = "results"  # stored results that do not come out again from their pins


class NormWatch(Base):
    """What was seen of one norm, when it was looked at last; each look replaces the one before."""

    __tablename__ = "norm_watch"

    norm_id: Mapped[UUID] = mapped_column(ForeignKey("norm_version.id"), primary_key=True)
    watched_at: Mapped[datetime]
    seen: Mapped[dict[str, Any]]


class NormAlarm(Base):
    """One cause for worry under one norm. The constraint keeps each once in its period, however often is looked."""

    __tablename__ = "norm_alarm"
    __table_args__ = (
        UniqueConstraint("norm_id", "kind", "subject", "period", name="uq_norm_alarm_once"),
        CheckConstraint("(closed_at IS NULL) = (reason IS NULL)", name="closed_with_reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    norm_id: Mapped[UUID] = mapped_column(ForeignKey("norm_version.id"), index=True)
    kind: Mapped[AlarmKind]
    subject: Mapped[str]  # code of an item; "" for the norm as a whole
    period: Mapped[str]  # the week or the month it is about, as ISO 8601 writes them
    figures: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)

    def close(self, reason: str, *, at: datetime) -> None:
        """Open -> closed, with what was found; the caller has seen that it is open. Who did it stands in the audit."""
        self.reason, self.closed_at = reason, at
