"""Choose the next item and store the choice before anybody sees it."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from sqlalchemy import Insert, insert
from sqlalchemy.orm import Session

from app.assessment.course import Course, course_of, locked_sitting
from app.assessment.errors import NotYetAnswered, SittingClosed
from app.assessment.models import Presentation, Stop
from app.foundation.clock import Clock
from app.foundation.db import table_of
from app.item_bank.queries import ItemView


def present_next_item(
    sitting_id: UUID,
    *,
    after: int,
    session: Session,
    clock: Clock,
    course: Course | None = None,
    foreseen: ItemView | None = None,
) -> ItemView | Stop:
    """The item after position `after`; asked again, the same one. Or why there is none.

    `course` saves a caller that holds the sitting's lock from reading everything twice, and `foreseen`, what the course
    chooses next, from choosing twice.
    """
    course = course or course_of(locked_sitting(sitting_id, session=session), session=session)
    if not course.sitting.is_open:
        raise SittingClosed(course.sitting.state, None)
    if after < len(course.rows):
        return course.bank.by_code[course.rows[after].item_code]
    if any(not row.is_whole and not course.is_out(row) for row in course.rows[-1:]):
        raise NotYetAnswered(len(course.rows))
    chosen = foreseen or course.choice_after(len(course.rows), course.standing)
    if isinstance(chosen, Stop):
        return chosen
    shown = {
        "sitting_id": sitting_id,
        "position": len(course.rows) + 1,
        "item_id": chosen.id,
        "item_code": chosen.code,
        "kind": chosen.kind,
        "presented_at": clock.now(),
        "item_states_at": course.seen_at,
    }
    session.execute(_showing(), shown)
    return chosen


@cache
def _showing() -> Insert:
    return insert(table_of(Presentation))
