"""What voided a completed sitting was found wrong: it counts again, with its waits, as it had ended."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.course import locked_sitting
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def restore_sitting(sitting_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Restore a sitting that was annulled or found beyond the limit; any other is left as it is.

    Raises
    ------
    SittingNotFound
    """
    sitting = locked_sitting(sitting_id, session=session)
    if sitting.was_annulled:
        sitting.restore()
        session.flush()
        audit.record("sitting.restored", sitting_id, actor=actor, at=clock.now(), session=session)
