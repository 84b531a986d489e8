"""The corrections of a decision are taken back: what was frozen is read again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.models import Sitting, SittingCorrection
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def hold_corrected(rescoring_id: UUID, *, session: Session) -> None:
    """Hold the sittings that a decision corrected, in the order of their ids: nobody lays another over it meanwhile."""
    of_it = select(SittingCorrection.sitting_id).where(SittingCorrection.rescoring_id == rescoring_id)
    session.execute(select(Sitting.id).where(Sitting.id.in_(of_it)).order_by(Sitting.id).with_for_update())


def undo_corrections(rescoring_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> int:
    """How many sittings are read as before."""
    now = clock.now()
    query = select(SittingCorrection).where(
        SittingCorrection.rescoring_id == rescoring_id, SittingCorrection.undone_at.is_(None)
    )
    rows = session.scalars(query.order_by(SittingCorrection.sitting_id).with_for_update()).all()
    for row in rows:
        row.undone_at = now
        detail = {"rescoring": str(rescoring_id)}
        audit.record("sitting.correction_undone", row.sitting_id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return len(rows)
