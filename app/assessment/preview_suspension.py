"""Use case: what suspending an item would touch, and what finished sittings would say without it. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.course import Course, course_of
from app.assessment.models import FrozenSitting, Presentation, Sitting, State
from app.assessment.rules import has_enough_for_result

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
    query = (
        select(Sitting, Presentation.item_code, Presentation.position)
        .join(Presentation, Presentation.sitting_id == Sitting.id)
        .where(Presentation.item_id.in_(item_ids), Sitting.language.in_(languages))
        .order_by(Sitting.started_at.desc(), Sitting.id)
    )
    showing = answered = finished = 0
    rescored: list[Rescored] = []
    for sitting, code, position in session.execute(query).all():
        if sitting.state not in (State.OPEN, State.COMPLETED):
            continue
        if sitting.state == State.COMPLETED and len(rescored) >= MOST_RESCORED:
            finished += 1  # counted, though it may have been out already when the sitting was scored
            continue
        course = course_of(sitting, session=session)
        if course.is_out(course.rows[position - 1]):
            continue
        if sitting.is_open:
            is_current = position == len(course.rows)
            showing, answered = showing + is_current, answered + (not is_current)
        elif course.units[position - 1].is_scored:
            finished += 1
            rescored.append(_rescored(course, code, session=session))
    return SuspensionPreview(showing, answered, finished, tuple(rescored))


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
