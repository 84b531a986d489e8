"""A technical cause of ours ended the sitting: it counts for nothing, and no wait follows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.course import locked_sitting
from app.assessment.errors import SittingClosed
from app.assessment.models import Sitting, State, Stop
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def void_sitting(sitting_id: UUID, *, cause: str, session: Session, clock: Clock, actor: Actor) -> Sitting:
    """Void an open sitting, naming the cause; a sitting that has ended stays as it ended."""
    sitting = locked_sitting(sitting_id, session=session)
    if sitting.state == State.VOID:
        return sitting
    if not sitting.is_open:
        raise SittingClosed(sitting.state, None)
    now = clock.now()
    sitting.end(State.VOID, Stop.TECHNICAL, at=now)
    session.flush()
    audit.record("sitting.void", sitting_id, actor=actor, at=now, session=session, detail={"cause": cause})
    return sitting
