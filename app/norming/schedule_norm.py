"""An approved norm is given the hour from which new sittings use it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.norming.errors import TooSoon
from app.norming.locked import norm_for_update
from app.norming.models import NormVersion
from app.norming.policy import NormPolicy
from app.norming.rules import earliest_effect
from app.norming.still_holds import require_young_window


def schedule_norm(
    norm_id: UUID, *, session: Session, clock: Clock, actor: Actor, takes_effect_at: datetime | None = None
) -> NormVersion:
    """Set when an approved norm takes effect: at the end of the policy's delay, or later where that is asked for."""
    require(actor, "norm_editor", "norm_approver", "operator")
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    policy = policies.current(NormPolicy, session=session, at=now)
    earliest = earliest_effect(now, policy)
    if takes_effect_at is not None and takes_effect_at < earliest:
        raise TooSoon(earliest)
    norm = norm_for_update(norm_id, session=session)
    norm.require_schedulable()
    hour = takes_effect_at or earliest
    require_young_window(norm, on=hour.date(), policy=policy)
    norm.schedule(hour, at=now)
    detail = {"label": norm.label, "takes_effect_at": hour.isoformat()}
    audit.record("norm.scheduled", norm.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return norm
