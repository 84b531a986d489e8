"""Rollbacks that two people made, for the cards of the norm that gave way and of the one that took force again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.norming.models import NormRollback
from app.norming.queries import label_of
from app.norming.rules import RollbackReason


@dataclass(frozen=True, slots=True)
class RollbackDone:
    """A confirmed rollback."""

    norm_id: UUID  # gave way
    norm_label: str
    former_id: UUID  # took force again
    former_label: str
    reason: RollbackReason
    asked_at: datetime
    asked_by: UUID
    confirmed_at: datetime
    confirmed_by: UUID


def latest_rollback(norm_id: UUID, *, session: Session) -> RollbackDone | None:
    """The last confirmed rollback by which this norm gave way or took force again, or None."""
    concerns_it = or_(NormRollback.norm_id == norm_id, NormRollback.former_id == norm_id)
    confirmed = select(NormRollback).where(concerns_it, NormRollback.confirmed_at.is_not(None))
    row = session.scalar(confirmed.order_by(NormRollback.confirmed_at.desc()).limit(1))
    if row is None or row.confirmed_at is None or row.confirmed_by is None:
        return None
    return RollbackDone(
        norm_id=row.norm_id,
        norm_label=label_of(row.norm_id, session=session),
        former_id=row.former_id,
        former_label=label_of(row.former_id, session=session),
        reason=row.reason,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
    )
