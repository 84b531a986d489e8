"""A technical cause of ours ended the sitting: it counts for nothing, and no wait follows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.restrictions import require_unrestricted
from app.assessment.course import locked_sitting
from app.assessment.errors import SittingClosed
from app.assessment.models import Sitting, State, Stop
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def void_sitting(sitting_id: UUID, *, cause: str, session: Session, clock: Clock, actor: Actor) -> Sitting:
    """Void an open sitting, naming the cause; one that is void already is left as it is.

    Raises
    ------
    SittingNotFound
    SittingClosed
        It has ended, and stays as it ended.
    AccountRestricted
        Its person's data is only kept now.
    """
    sitting = locked_sitting(sitting_id, session=session)
    if sitting.state == State.VOID:
        return sitting
    if not sitting.is_open:
        raise SittingClosed(sitting.state, None)
    require_unrestricted(sitting.person_id, session=session)
    now = clock.now()
    sitting.end(State.VOID, Stop.TECHNICAL, at=now)
    session.flush()
    audit.record("sitting.void", sitting_id, actor=actor, at=now, session=session, detail={"cause": cause})
    return sitting
