"""A second person approves what the first one drafted, with the second factor in hand."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.norming.errors import SelfApproval
from app.norming.locked import APPROVED, norm_for_update
from app.norming.models import NormVersion
from app.norming.rules import is_another_person


def approve_norm(norm_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> NormVersion:
    """Approve a previewed norm. The approver is another person than the drafter, whatever roles either holds."""
    require(actor, "norm_approver")
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    norm = norm_for_update(norm_id, session=session)
    if not is_another_person(actor.person_id, norm.drafted_by):
        raise SelfApproval(norm.label)
    norm.approve(actor.person_id, at=now)
    detail = {"label": norm.label, "sha256": norm.sha256, "drafted_by": str(norm.drafted_by)}
    audit.record(APPROVED, norm.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return norm
