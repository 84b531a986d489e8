"""The first of two people asks that the former norm take force again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.norming.errors import NormInAnotherState, RollbackAskedAlready
from app.norming.former import former_for_update, open_rollback
from app.norming.locked import norm_for_update
from app.norming.models import NormRollback, NormState
from app.norming.policy import NormPolicy
from app.norming.rules import RollbackReason


def ask_for_rollback(
    norm_id: UUID, reason: RollbackReason, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> NormRollback:
    """Open a rollback of the norm in force. Nothing changes until a second person confirms it.

    Raises
    ------
    NormInAnotherState
        If the norm is not in force.
    NoFormerNorm
        If no norm was in force before it.
    RollbackAskedAlready
        If one is open.
    """
    require(actor, "norm_editor", "norm_approver")
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    norm = norm_for_update(norm_id, session=session)
    if norm.state is not NormState.PUBLISHED:
        raise NormInAnotherState(norm.label, norm.state, NormState.PUBLISHED, "rolled back")
    if open_rollback(norm.id, session=session, at=now) is not None:
        raise RollbackAskedAlready(norm.label)
    former = former_for_update(norm, session=session)
    policy = policies.current(NormPolicy, session=session, at=now)
    asked = NormRollback(
        id=entropy.uuid(),
        norm_id=norm.id,
        former_id=former.id,
        former_sha256=former.sha256,
        reason=reason,
        asked_at=now,
        asked_by=actor.person_id,
        lapses_at=now + timedelta(hours=policy.rollback_open_hours),
    )
    session.add(asked)
    detail = {"label": norm.label, "former": str(former.id), "sha256": former.sha256, "reason": str(reason)}
    audit.record("norm.rollback_asked", norm.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return asked
