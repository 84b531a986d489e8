"""A person has decided that a completed sitting counts for nothing: no wait, no place in a norm, no seed of a retake.

What was answered and computed stays as it was, so that the sitting can still be replayed.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.course import locked_sitting
from app.assessment.errors import NoScoreYet
from app.assessment.models import Sitting, State
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def annul_sitting(sitting_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> Sitting:
    """Annul a completed sitting; one that is void already is left as it is.

    Raises
    ------
    SittingNotFound, NoScoreYet
    """
    sitting = locked_sitting(sitting_id, session=session)
    if sitting.state == State.VOID:
        return sitting
    if sitting.state != State.COMPLETED:
        raise NoScoreYet(sitting_id)
    sitting.annul()
    session.flush()
    audit.record("sitting.annulled", sitting_id, actor=actor, at=clock.now(), session=session)
    return sitting
