"""A completed sitting stood on the wrong account: it is the other person's, with its waits, from its own day on."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.assessment.course import locked_sitting
from app.assessment.errors import SittingEntangled
from app.assessment.first_sittings import tell_the_first
from app.assessment.models import Sitting, SittingAllowance, State
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def require_movable(sitting_id: UUID, *, session: Session) -> None:
    """Raise unless it stands alone: neither it nor what followed began from where the other person had stood.

    Raises
    ------
    SittingNotFound, SittingEntangled
    """
    sitting = locked_sitting(sitting_id, session=session)
    later = select(Sitting).where(
        Sitting.person_id == sitting.person_id,
        Sitting.skill == sitting.skill,
        Sitting.started_at > sitting.started_at,
    )
    is_followed = any(row.prior is not None for row in session.scalars(later))
    if sitting.state != State.COMPLETED or sitting.prior is not None or is_followed:
        raise SittingEntangled


def move_sitting(sitting_id: UUID, to_person_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Move it, and the allowance it used up. Which of the other person's sittings was the first is told anew.

    Raises
    ------
    SittingNotFound, SittingEntangled
    """
    require_movable(sitting_id, session=session)
    sitting = locked_sitting(sitting_id, session=session)
    used = update(SittingAllowance).where(SittingAllowance.sitting_id == sitting_id)
    session.execute(used.values(person_id=to_person_id))
    sitting.person_id = to_person_id
    session.flush()
    tell_the_first(to_person_id, sitting.skill, session=session)
    audit.record("sitting.moved", sitting_id, actor=actor, at=clock.now(), session=session)
