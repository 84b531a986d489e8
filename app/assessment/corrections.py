"""What a finished sitting says without an item: computed from its own pins, and read in place of what was frozen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Subquery, func, select
from sqlalchemy.orm import Session

from app.assessment.closing import figures_of
from app.assessment.course import course_of
from app.assessment.models import Presentation, Sitting, SittingCorrection, State


@dataclass(frozen=True, slots=True)
class Without:
    """One finished sitting, scored again without some items."""

    sitting_id: UUID
    without: tuple[str, ...]
    figures: Mapping[str, Any]


def scored_without(
    code: str, item_ids: Collection[UUID], languages: Collection[str], *, session: Session
) -> Iterator[Without]:
    """Every finished sitting that counts the item, by id. `item_ids` are the same words in every release.

    Calibration, cut and policy are those the sitting was pinned to. What an earlier correction left out stays out.
    Sittings whose answers are forgotten cannot be scored again, and are passed over.
    """
    query = (
        select(Sitting)
        .join(Presentation, Presentation.sitting_id == Sitting.id)
        .where(Presentation.item_id.in_(item_ids), Sitting.language.in_(languages), Sitting.state == State.COMPLETED)
        .order_by(Sitting.id)
    )
    for sitting in session.scalars(query).all():
        out = left_out(sitting.id, session=session)
        course = course_of(sitting, session=session)
        scored = {unit.code for unit in course.units if unit.is_scored}
        if code not in scored - out:
            continue
        without = out | {code}
        standing = replace(course, left_out=without).standing
        figures = figures_of(standing, sitting=sitting, band_percent=course.policy.band_percent)
        yield Without(sitting.id, tuple(sorted(without)), figures)


def in_force(sitting_id: UUID, *, session: Session) -> SittingCorrection | None:
    """The correction that is read for a sitting: the latest that was not undone."""
    query = select(SittingCorrection).where(
        SittingCorrection.sitting_id == sitting_id, SittingCorrection.undone_at.is_(None)
    )
    return session.scalar(query.order_by(SittingCorrection.number.desc()).limit(1))


def left_out(sitting_id: UUID, *, session: Session) -> frozenset[str]:
    """Codes of the items without which a sitting is read; most are read with all."""
    correction = in_force(sitting_id, session=session)
    return frozenset(correction.without if correction else ())


def standing(sitting_id: UUID, *, session: Session) -> tuple[SittingCorrection, ...]:
    """The corrections of a sitting that were not undone, the first one first."""
    query = select(SittingCorrection).where(
        SittingCorrection.sitting_id == sitting_id, SittingCorrection.undone_at.is_(None)
    )
    return tuple(session.scalars(query.order_by(SittingCorrection.number)))


def undoable_until(sitting_id: UUID, *, session: Session, at: datetime) -> datetime | None:
    """The last instant at which what is read of a sitting can be undone; None where nothing can any more."""
    query = select(func.max(SittingCorrection.undo_until_at)).where(
        SittingCorrection.sitting_id == sitting_id,
        SittingCorrection.undone_at.is_(None),
        SittingCorrection.undo_until_at >= at,
    )
    return session.scalar(query)


def latest_told(sitting_id: UUID, *, session: Session) -> SittingCorrection | None:
    """The latest correction that stands and that the person was written to about."""
    told = [one for one in standing(sitting_id, session=session) if one.is_told]
    return told[-1] if told else None


def corrected_between(since: datetime, before: datetime) -> Subquery:
    """Sitting and instant of every correction between these that was not undone, as a part of another query."""
    query = select(SittingCorrection.sitting_id, SittingCorrection.corrected_at).where(
        SittingCorrection.corrected_at >= since,
        SittingCorrection.corrected_at < before,
        SittingCorrection.undone_at.is_(None),
    )
    return query.subquery()


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """What a decision did to one sitting."""

    sitting_id: UUID
    person_id: UUID
    effect: str
    is_told: bool
    corrected_at: datetime


def corrections_by(rescoring_id: UUID, *, session: Session) -> tuple[CorrectionView, ...]:
    """The sittings that a decision corrected, whether or not it was undone; without those erased since."""
    query = (
        select(
            SittingCorrection.sitting_id,
            Sitting.person_id,
            SittingCorrection.effect,
            SittingCorrection.is_told,
            SittingCorrection.corrected_at,
        )
        .join(Sitting, Sitting.id == SittingCorrection.sitting_id)
        .where(SittingCorrection.rescoring_id == rescoring_id)
        .order_by(SittingCorrection.sitting_id)
    )
    return tuple(CorrectionView(*row) for row in session.execute(query))


def are_followed(rescoring_id: UUID, *, session: Session) -> bool:
    """Whether another decision corrected one of its sittings later, and still stands."""
    return bool(session.scalar(_later_ones(rescoring_id)))


def is_followed_by_undoable(rescoring_id: UUID, *, session: Session, at: datetime) -> bool:
    """The same, where that one can still be undone."""
    return bool(session.scalar(_later_ones(rescoring_id).where(SittingCorrection.undo_until_at >= at)))


def _later_ones(rescoring_id: UUID) -> Select[int]:
    own = select(SittingCorrection.sitting_id, SittingCorrection.number).where(
        SittingCorrection.rescoring_id == rescoring_id
    )
    mine = own.subquery()
    return (
        select(func.count())
        .select_from(SittingCorrection)
        .join(mine, mine.c.sitting_id == SittingCorrection.sitting_id)
        .where(SittingCorrection.number > mine.c.number, SittingCorrection.undone_at.is_(None))
    )
