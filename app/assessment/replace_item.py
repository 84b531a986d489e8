"""Use case: where the item that a candidate has before them is out, put another in its place at once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.course import course_of, own_sitting
from app.assessment.going_on import go_on
from app.assessment.models import Sitting
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def replace_item(sitting_id: UUID, *, person_id: UUID | None, session: Session, clock: Clock, jobs: Jobs) -> Sitting:
    """The sitting with a current item that may be shown, or completed; asked again, it changes nothing.

    The position of the former item stays on record, unanswered.
    """
    sitting = own_sitting(sitting_id, person_id, session=session, locked=True)
    course = course_of(sitting, session=session)
    if sitting.may_be_resumed(at=clock.now()) and course.current is not None and course.is_out(course.current):
        go_on(course, session=session, clock=clock, jobs=jobs)
    return sitting
