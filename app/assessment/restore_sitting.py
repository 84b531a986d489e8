"""What voided a completed sitting was found wrong: it counts again, with its waits, as it had ended."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.course import locked_sitting
from app.assessment.first_sittings import tell_the_first
from app.assessment.merge_sittings import hold_beginnings
from app.assessment.models import Sitting, SittingCheck
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def restore_sitting(sitting_id: UUID, *, session: Session, clock: Clock, jobs: Jobs, actor: Actor) -> bool:
    """Restore a sitting that was annulled or found beyond the limit; whether it was. Any other is left as it is.

    One that was annulled before anything had looked at its answers is looked at now. A later one, begun as a first one
    while it did not count, is none any more.

    Raises
    ------
    SittingNotFound
    """
    owner = session.scalar(select(Sitting.person_id).where(Sitting.id == sitting_id))
    if owner is not None:  # first, as a merge does; and who begins now would not see that it counts
        hold_beginnings(owner, session=session)
    sitting = locked_sitting(sitting_id, session=session)
    if not sitting.was_annulled:
        return False
    sitting.restore()
    session.flush()
    tell_the_first(sitting.person_id, sitting.skill, session=session)
    now = clock.now()
    audit.record("sitting.restored", sitting_id, actor=actor, at=now, session=session)
    if session.get(SittingCheck, sitting_id) is None:  # the job of its end passed it over, and is done
        key, arguments = f"check:{sitting_id}:{now.isoformat()}", {"sitting_id": str(sitting_id)}
        jobs.enqueue("check_sitting", key, session=session, arguments=arguments)
    return True
