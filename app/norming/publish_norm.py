"""The one switch from a former norm to the next: both norm versions and the edition change together or not at all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.norming.locked import norm_for_update, published_for_update, require_recorded_approval
from app.norming.models import NormVersion
from app.norming.policy import NormPolicy
from app.norming.put_in_force import put_in_force
from app.norming.still_holds import require_young_window


def publish_norm(norm_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> NormVersion:
    """Make a scheduled norm the one that new sittings are pinned to.

    Sittings already started, results and credentials keep citing their own version.
    """
    require(actor, "norm_editor", "norm_approver", "operator", "system")
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    norm = norm_for_update(norm_id, session=session)
    norm.require_due(at=now)  # first: a caller that catches the refusal must still have the former norm in force
    require_recorded_approval(norm, session=session)
    require_young_window(norm, on=now.date(), policy=policies.current(NormPolicy, session=session, at=now))
    former = published_for_update(norm.skill, norm.language, session=session)
    if former is not None:
        former.supersede(at=now)
        session.flush()  # the index admits one published norm for a skill and language
    norm.publish(at=now)
    session.flush()
    put_in_force(norm, session=session, at=now)
    detail = {"label": norm.label, "sha256": norm.sha256, "former": str(former.id) if former else None}
    audit.record("norm.published", norm.id, actor=actor, at=now, session=session, detail=detail)
    return norm
