"""A second person approves what the first one drafted, with the second factor in hand."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.norming.errors import AnotherVersionSeen, InfluenceTooLarge
from app.norming.locked import APPROVED, norm_for_update
from app.norming.models import NormVersion
from app.norming.policy import NormPolicy
from app.norming.rules import earliest_effect
from app.norming.second_person import require_second_person
from app.norming.still_holds import require_same_in_force, require_young_window


def approve_norm(norm_id: UUID, *, seen_sha256: str, session: Session, clock: Clock, actor: Actor) -> NormVersion:
    """Approve a previewed norm. The approver is another person than the drafter, whatever roles either holds.

    `seen_sha256` is the fingerprint of what the approver looked at: a form of another version approves nothing. Nor
    does one whose preview compares with a norm that is no longer in force.
    """
    require(actor, "norm_approver")
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    norm = norm_for_update(norm_id, session=session)
    approver = require_second_person(
        actor, norm.drafted_by, acted_at=norm.drafted_at, label=norm.label, session=session
    )
    if seen_sha256 != norm.sha256:
        raise AnotherVersionSeen(norm.label)
    norm.require_approvable()
    policy = policies.current(NormPolicy, session=session, at=now)
    require_robust(norm)
    require_young_window(norm, on=earliest_effect(now, policy).date(), policy=policy)
    require_same_in_force(norm, session=session)
    norm.approve(approver, at=now)
    detail = {"label": norm.label, "sha256": norm.sha256, "drafted_by": str(norm.drafted_by)}
    audit.record(APPROVED, norm.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return norm


def require_robust(norm: NormVersion) -> None:
    """Refuse a norm for awards whose cut hangs on one block of people (a stuffed sample looks like that)."""
    seen = (norm.preview or {}).get("sensitivity")
    if norm.may_certify and seen is not None and not seen["is_within"]:
        raise InfluenceTooLarge(norm.label, seen["largest"], seen["limit"])
