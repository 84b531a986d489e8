"""The second of two people puts the former norm in force again: the same version, to the byte, not a copy of it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.norming.errors import AnotherVersionSeen, RollbackNotOpen
from app.norming.former import former_for_update, open_rollback
from app.norming.locked import norm_for_update
from app.norming.models import NormState, NormVersion
from app.norming.put_in_force import put_in_force
from app.norming.second_person import require_second_person


def roll_back_norm(norm_id: UUID, *, seen_sha256: str, session: Session, clock: Clock, actor: Actor) -> NormVersion:
    """Confirm the open rollback of a norm in force; the norm that takes its place, at once.

    There is no delay: what takes force was approved, scheduled and in force before, and what gives way does harm
    meanwhile. Sittings already started, results and credentials keep citing the norm they were made under.

    Parameters
    ----------
    seen_sha256
        Fingerprint of the former norm that the second person looked at.
    """
    require(actor, "norm_approver")
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    norm = norm_for_update(norm_id, session=session)
    asked = open_rollback(norm_id, session=session, at=now)
    if asked is None or norm.state is not NormState.PUBLISHED:
        raise RollbackNotOpen(norm.label)
    by = require_second_person(actor, asked.asked_by, acted_at=asked.asked_at, label=norm.label, session=session)
    former = former_for_update(norm, session=session)
    if (former.id, former.sha256, seen_sha256) != (asked.former_id, asked.former_sha256, former.sha256):
        raise AnotherVersionSeen(former.label)
    asked.confirmed_by, asked.confirmed_at = by, now
    norm.supersede(at=now)
    session.flush()  # the index admits one published norm for a skill and language
    former.restore(at=now)
    session.flush()
    put_in_force(former, session=session, at=now)
    detail = {
        "label": norm.label,
        "former": str(former.id),
        "sha256": former.sha256,
        "reason": str(asked.reason),
        "asked_by": str(asked.asked_by),
    }
    audit.record("norm.rolled_back", norm.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return former
