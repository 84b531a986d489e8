"""Whoever notices a mistake stops a norm that is approved or scheduled. One person is enough: this is the safe side."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.norming.errors import StopReasonNeeded
from app.norming.locked import STOPPED, norm_for_update
from app.norming.models import NormVersion

LONGEST_REASON = 500  # characters


def stop_norm(norm_id: UUID, reason: str, *, session: Session, clock: Clock, actor: Actor) -> NormVersion:
    """Back to previewed, with the reason in the record. No former approval counts for it any more.

    Raises
    ------
    Forbidden, SignInNeeded, ProofNotFresh, StopReasonNeeded, NormNotFound, NormAltered, NormInAnotherState
    """
    require(actor, "norm_editor", "norm_approver")
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise StopReasonNeeded(LONGEST_REASON)
    norm = norm_for_update(norm_id, session=session)
    detail = {"label": norm.label, "sha256": norm.sha256, "from": str(norm.state), "reason": reason}
    norm.stop()
    audit.record(STOPPED, norm.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return norm
