"""One sitting outside waits and limit, granted by a person."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.models import SittingAllowance
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy


def allow_sitting(
    person_id: UUID, skill: str, *, cause: str, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> None:
    """Grant it; the next sitting of this skill uses it up. The same cause twice is one allowance."""
    if session.scalar(select(SittingAllowance.id).where(SittingAllowance.cause == cause)) is not None:
        return
    now = clock.now()
    allowance = SittingAllowance(id=entropy.uuid(), person_id=person_id, skill=skill, cause=cause, granted_at=now)
    session.add(allowance)
    session.flush()
    audit.record("sitting.allowed", allowance.id, actor=actor, at=now, session=session, detail={"cause": cause})
