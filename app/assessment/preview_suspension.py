"""Use case: what suspending an item would touch, and what finished sittings would say without it. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from app.assessment.course import Course, course_of
from app.assessment.errors import NormUnreadable
from app.assessment.models import FrozenSitting, Presentation, Sitting, State
from app.assessment.rules import has_enough_for_result

OPEN: ColumnElement[str] = literal_column(f"'{State.OPEN}'")  # literal, for the index of open sittings alone to be used
MOST_LOOKED_AT = 600  # finished sittings, of which some may have been scored without it
MOST_RESCORED = 300  # the latest ones; each takes some milliseconds, and a person waits for the page


@dataclass(frozen=True, slots=True)
class Rescored:
    """One finished sitting as it was scored, and as it would be without the item."""

    sitting_id: UUID
    completed_at: datetime | None
    may_certify: bool
    probability_before: float | None
    probability_after: float | None
    median_before: float | None
    median_after: float | None
    has_result_after: bool


@dataclass(frozen=True, slots=True)
class SuspensionPreview:
    """Open sittings by what would happen in them, and finished ones rescored, the latest first."""

    showing: int  # it is before a candidate now, and would be replaced
    answered: int  # answered in a sitting still open, where it would count as missing
    finished: int  # all finished sittings that were scored on it
    rescored: tuple[Rescored, ...]  # at most `MOST_RESCORED` of them
    unreadable: tuple[UUID, ...] = ()  # norms whose sittings cannot be scored again, as their numbers were altered

    def changed(self, confidence: float) -> tuple[Rescored, ...]:
        """Those on whose decision the item turned: the probability lies on the other side of `confidence`."""
        return tuple(
            one
            for one in self.rescored
            if one.probability_before is not None
            and one.probability_after is not None
            and (one.probability_before >= confidence) != (one.probability_after >= confidence)
        )


def preview_suspension(
    item_ids: Collection[UUID], languages: Collection[str], *, session: Session
) -> SuspensionPreview:
    """What stands to be touched. `item_ids` are the same words in every release that holds them."""
    showing = answered = 0
    for course, position in _open_ones(item_ids, languages, session=session):
        is_current = position == len(course.rows)
        showing, answered = showing + is_current, answered + (not is_current)
    finished = _count_finished(item_ids, languages, session=session)
    rescored: list[Rescored] = []
    unreadable: set[UUID] = set()
    for course, position in _latest_finished(item_ids, languages, session=session):
        if not course.units[position - 1].is_scored:
            finished -= 1  # older ones are counted, though the item may have been out when they were scored
            continue
        try:
            rescored.append(_rescored(course, course.rows[position - 1].item_code, session=session))
        except NormUnreadable as found:  # an item at fault can be taken from people whatever became of a norm
            unreadable.update(() if found.norm_id is None else (found.norm_id,))
        if len(rescored) == MOST_RESCORED:
            break
    return SuspensionPreview(showing, answered, finished, tuple(rescored), tuple(sorted(unreadable)))


def _open_ones(
    item_ids: Collection[UUID], languages: Collection[str], *, session: Session
) -> Iterator[tuple[Course, int]]:
    """Open sittings that showed the item and do not do without it already, with its position."""
    query = (
        select(Sitting, Presentation.position)
        .join(Presentation, Presentation.sitting_id == Sitting.id)
        .where(Presentation.item_id.in_(item_ids), Sitting.language.in_(languages), Sitting.state == OPEN)
        .order_by(Sitting.started_at.desc(), Sitting.id)
    )
    for sitting, position in session.execute(query).all():
        course = course_of(sitting, session=session)
        if not course.is_out(course.rows[position - 1]):
            yield course, position


def _latest_finished(
    item_ids: Collection[UUID], languages: Collection[str], *, session: Session
) -> Iterator[tuple[Course, int]]:
    """The latest `MOST_LOOKED_AT` finished sittings that showed it; of each item by its index, never all of them."""
    found: list[tuple[datetime, UUID, int]] = []
    for item_id in item_ids:
        query = (
            select(Presentation.presented_at, Presentation.sitting_id, Presentation.position)
            .join(Sitting, Sitting.id == Presentation.sitting_id)
            .where(Presentation.item_id == item_id, Sitting.language.in_(languages), Sitting.state == State.COMPLETED)
            .order_by(Presentation.presented_at.desc())
            .limit(MOST_LOOKED_AT)
        )
        found.extend((row[0], row[1], row[2]) for row in session.execute(query))
    for _, sitting_id, position in sorted(found, reverse=True)[:MOST_LOOKED_AT]:
        yield course_of(session.get_one(Sitting, sitting_id), session=session), position


def _count_finished(item_ids: Collection[UUID], languages: Collection[str], *, session: Session) -> int:
    query = (
        select(func.count())
        .select_from(Presentation)
        .join(Sitting, Sitting.id == Presentation.sitting_id)
        .where(Presentation.item_id.in_(item_ids), Sitting.language.in_(languages), Sitting.state == State.COMPLETED)
    )
    return session.scalar(query) or 0


def _rescored(course: Course, code: str, *, session: Session) -> Rescored:
    sitting, frozen = course.sitting, session.get_one(FrozenSitting, course.sitting.id)
    without = replace(course, left_out=frozenset({code})).standing
    cut_standard_error = sitting.cut_standard_error or 0.0
    posterior = without.posterior
    return Rescored(
        sitting_id=sitting.id,
        completed_at=sitting.completed_at,
        may_certify=sitting.may_certify,
        probability_before=frozen.probability_above,
        probability_after=without.probability_above,
        median_before=frozen.median,
        median_after=None if posterior is None else float(posterior.median(cut_standard_error)),
        has_result_after=has_enough_for_result(without.content, course.policy),
    )
