"""The one switch from a former norm to the next: both norm versions and the edition change together or not at all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.assessment.adopt_edition import adopt_edition
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.jobs import JSON
from app.norming.locked import norm_for_update, published_for_update, require_recorded_approval
from app.norming.models import NormVersion
from app.transparency.log_event import log_event


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
    former = published_for_update(norm.norm_group_id, session=session)
    if former is not None:
        former.supersede(at=now)
        session.flush()  # the index admits one published norm per group
    norm.publish(at=now)
    session.flush()
    adopt_edition(
        norm.group.skill,
        norm.group.language,
        norm.run.sample.release_id,
        norm.run.calibration_id,
        norm_id=norm.id,
        cut=norm.cut,
        cut_standard_error=norm.cut_standard_error,
        may_certify=norm.may_certify,
        demo=norm.demo,
        norm_count=norm.n,
        composite=norm.composite,
        session=session,
        at=now,
    )
    detail = {"label": norm.label, "sha256": norm.sha256, "former": str(former.id) if former else None}
    facts: dict[str, JSON] = {
        "norm": str(norm.id),
        "label": norm.label,
        "skill": norm.group.skill,
        "sha256": norm.sha256,
        "n": norm.n,
        "cut": norm.cut,
        "demo": norm.demo,
    }
    log_event("norm", f"{norm.id}:{now:%Y-%m-%dT%H:%M:%S.%fZ}", facts, at=now, session=session)
    audit.record("norm.published", norm.id, actor=actor, at=now, session=session, detail=detail)
    return norm
