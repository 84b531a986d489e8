"""Use case: stop a recalibration. What its finished phases stored stays; what is being computed is thrown away."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.norming.locked import recalibration_for_update


def cancel_recalibration(recalibration_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """End it here.

    Raises
    ------
    RecalibrationNotFound, RecalibrationEnded
    """
    require(actor, "norm_editor", "norm_approver", "operator")
    row, now = recalibration_for_update(recalibration_id, session=session), clock.now()
    row.cancel(at=now)
    audit.record("recalibration.cancelled", row.id, actor=actor, at=now, session=session, detail={"skill": row.skill})
