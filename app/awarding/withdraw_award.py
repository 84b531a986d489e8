"""An award falls with the result it was made for. Its credential is revoked by whoever withdraws it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.awarding.models import Award
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def withdraw_award(result_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> UUID | None:
    """The id of the award that is now withdrawn, the latest one; None where the result earned none."""
    query = select(Award).where(Award.result_id == result_id).order_by(Award.withdrawn_at.is_(None).desc())
    award = session.scalar(query.order_by(Award.decided_at.desc()).limit(1).with_for_update())
    if award is None:
        return None
    if award.withdrawn_at is None:
        award.withdrawn_at = clock.now()
        session.flush()
        audit.record("award.withdrawn", award.id, actor=actor, at=award.withdrawn_at, session=session)
    return award.id
