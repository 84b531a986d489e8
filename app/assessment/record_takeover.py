"""Write down that a window or device wrote to a sitting which had gone on elsewhere. The write itself was refused."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.course import own_sitting
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def record_takeover(sitting_id: UUID, position: int | None, *, person_id: UUID, session: Session, clock: Clock) -> None:
    """Add one entry to the audit record."""
    sitting = own_sitting(sitting_id, person_id, session=session)
    audit.record(
        "sitting.continued_elsewhere",
        sitting.id,
        actor=Actor(person_id, "person"),
        at=clock.now(),
        session=session,
        detail={"position": position},
    )
