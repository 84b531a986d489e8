"""Close a sitting whose stopping rule says so, freeze its responses, and have its result reported."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.closing import close
from app.assessment.course import Course, course_of, locked_sitting
from app.assessment.errors import NotYetComplete
from app.assessment.models import Sitting, Stop
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def complete_sitting(
    sitting_id: UUID, *, session: Session, clock: Clock, jobs: Jobs, course: Course | None = None
) -> Sitting:
    """The completed sitting. However many ask at once or again, it is completed once and they all get the same.

    Raises
    ------
    NotYetComplete
        While the stopping rule wants more responses and there are items left.
    """
    sitting = course.sitting if course else locked_sitting(sitting_id, session=session)
    if not sitting.is_open:
        return sitting
    course = course or course_of(sitting, session=session)
    reason = reason_to_stop(course)
    if reason is None:
        raise NotYetComplete
    return close(course, reason, session=session, at=clock.now(), jobs=jobs)


def reason_to_stop(course: Course) -> Stop | None:
    """Why the sitting ends after the units it has, or None while it goes on."""
    current = course.current
    if current is not None and not current.is_whole and not course.is_out(current):
        return None
    if course.standing.stop is not None:
        return course.standing.stop
    choice = course.choice_after(len(course.rows), course.standing)
    return choice if isinstance(choice, Stop) else None
