"""The candidate leaves early, or never came back: what was answered counts if it is enough, and nothing is made up."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.closing import close
from app.assessment.course import course_of, own_sitting
from app.assessment.models import Sitting, Stop
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def leave_sitting(sitting_id: UUID, *, person_id: UUID, session: Session, clock: Clock, jobs: Jobs) -> Sitting:
    """End the person's sitting for good; asked again, the same ended sitting.

    One that could no longer be resumed ended when that time was over, so that no wait grows by coming back late.
    """
    sitting = own_sitting(sitting_id, person_id, session=session, locked=True)
    if not sitting.is_open:
        return sitting
    now = clock.now()
    expired = now > sitting.resumable_until
    reason, at = (Stop.EXPIRED, sitting.resumable_until) if expired else (Stop.LEFT, now)
    return close(course_of(sitting, session=session), reason, session=session, at=at, jobs=jobs)
