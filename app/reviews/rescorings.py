"""Reading rescorings: what was asked for, applied, undone or settled for an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.reviews.errors import RescoringNotFound
from app.reviews.models import ItemRescoring


@dataclass(frozen=True, slots=True)
class RescoringView:
    """One rescoring at a moment."""

    id: UUID
    languages: tuple[str, ...]
    reason: str
    counts: Mapping[str, int]
    sha256: str
    asked_at: datetime
    asked_by: UUID
    lapses_at: datetime
    applied_at: datetime | None
    applied_by: UUID | None
    undo_until_at: datetime | None
    undone_at: datetime | None
    settled_at: datetime | None
    is_open: bool
    may_be_undone: bool


def rescorings_of(item_id: UUID, *, session: Session, at: datetime) -> tuple[RescoringView, ...]:
    """Every rescoring without the item, the latest first."""
    query = select(ItemRescoring).where(ItemRescoring.item_id == item_id).order_by(ItemRescoring.asked_at.desc())
    return tuple(
        RescoringView(
            id=row.id,
            languages=tuple(row.languages),
            reason=row.reason,
            counts=row.counts,
            sha256=row.sha256,
            asked_at=row.asked_at,
            asked_by=row.asked_by,
            lapses_at=row.lapses_at,
            applied_at=row.applied_at,
            applied_by=row.applied_by,
            undo_until_at=row.undo_until_at,
            undone_at=row.undone_at,
            settled_at=row.settled_at,
            is_open=row.is_open(at=at),
            may_be_undone=row.may_be_undone(at=at),
        )
        for row in session.scalars(query)
    )


def items_waiting(*, session: Session, at: datetime) -> frozenset[UUID]:
    """Items with a rescoring that a second person can still apply."""
    asked = session.scalars(select(ItemRescoring).where(ItemRescoring.applied_at.is_(None)))
    return frozenset(row.item_id for row in asked if row.is_open(at=at))


def languages_of(rescoring_id: UUID, item_id: UUID, *, session: Session) -> tuple[str, ...]:
    """The languages in which the item is left out.

    Raises
    ------
    RescoringNotFound
    """
    row = session.get(ItemRescoring, rescoring_id)
    if row is None or row.item_id != item_id:
        raise RescoringNotFound
    return tuple(row.languages)


def has_signed(person_id: UUID, *, session: Session) -> bool:
    """Whether a rescoring names this person as who asked for, applied or undid it."""
    named = (ItemRescoring.asked_by, ItemRescoring.applied_by, ItemRescoring.undone_by)
    query = select(ItemRescoring.id).where(or_(*(column == person_id for column in named)))
    return session.scalar(query.limit(1)) is not None
