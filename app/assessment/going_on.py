"""What follows a closed position: the next item, or the end of the sitting."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.assessment.complete_sitting import complete_sitting
from app.assessment.course import Course
from app.assessment.models import Stop
from app.assessment.present_next_item import present_next_item
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs
from app.item_bank.queries import ItemView


def go_on(course: Course, *, session: Session, clock: Clock, jobs: Jobs, foreseen: ItemView | None = None) -> None:
    """Present the next item, or complete the sitting where the rule or the bank says there is none.

    `foreseen` is the next item where the caller has found it already.
    """
    sitting_id, after = course.sitting.id, len(course.rows)
    if foreseen is not None or course.standing.stop is None:
        shown = present_next_item(
            sitting_id, after=after, session=session, clock=clock, course=course, foreseen=foreseen
        )
        if not isinstance(shown, Stop):
            return
    complete_sitting(sitting_id, session=session, clock=clock, jobs=jobs, course=course)
