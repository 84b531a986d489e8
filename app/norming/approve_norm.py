"""A second person approves what the first one drafted, with the second factor in hand."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.norming.errors import SecondFactorNotFresh, SelfApproval
from app.norming.locked import norm_for_update
from app.norming.models import NormVersion
from app.norming.policy import NormPolicy
from app.norming.rules import is_another_person, is_fresh


def approve_norm(norm_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> NormVersion:
    """Approve a previewed norm. The approver is another person than the drafter, whatever roles either holds."""
    require(actor, "norm_approver")
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    policy = policies.current(NormPolicy, session=session, at=now)
    if not is_fresh(actor.second_factor_at, at=now, policy=policy):
        raise SecondFactorNotFresh(policy.second_factor_minutes)
    norm = norm_for_update(norm_id, session=session)
    if not is_another_person(actor.person_id, norm.drafted_by):
        raise SelfApproval(norm.label)
    norm.approve(actor.person_id, at=now)
    detail = {"label": norm.label, "sha256": norm.sha256, "drafted_by": str(norm.drafted_by)}
    audit.record("norm.approved", norm.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return norm
