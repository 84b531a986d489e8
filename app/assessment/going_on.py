"""What follows a closed position: the next item, or the end of the sitting."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.assessment.complete_sitting import complete_sitting
from app.assessment.course import Course
from app.assessment.models import Stop
from app.assessment.present_next_item import present_next_item
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def go_on(course: Course, *, session: Session, clock: Clock, jobs: Jobs) -> None:
    """Present the next item, or complete the sitting where the rule or the bank says there is none."""
    sitting_id = course.sitting.id
    if course.standing.stop is None:
        shown = present_next_item(sitting_id, after=len(course.rows), session=session, clock=clock, course=course)
        if not isinstance(shown, Stop):
            return
    complete_sitting(sitting_id, session=session, clock=clock, jobs=jobs, course=course)
