"""Norm versions read for a change: locked until the transaction ends, and still as they were drafted."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.audit import AuditEntry
from app.norming.calibration_errors import RecalibrationNotFound
from app.norming.errors import NormAltered, NormNotApproved, NormNotFound
from app.norming.models import NormState, NormVersion, Recalibration
from app.norming.rules import is_another_person
from app.norming.snapshot import is_as_drafted

APPROVED, STOPPED = "norm.approved", "norm.stopped"  # kinds of audit entries


def norm_for_update(norm_id: UUID, *, session: Session) -> NormVersion:
    """The norm version, locked; refused where its numbers are no longer those of its hash."""
    query = select(NormVersion).where(NormVersion.id == norm_id).with_for_update(of=NormVersion)
    norm = session.scalar(query.execution_options(populate_existing=True))
    if norm is None:
        raise NormNotFound(norm_id)
    if not is_as_drafted(norm):
        raise NormAltered(norm.label)
    return norm


def require_recorded_approval(norm: NormVersion, *, session: Session) -> None:
    """Raise unless the audit record, which cannot be edited, holds this very approval by a second person.

    What was approved before the norm was last stopped is no approval of it any more.
    """
    of_norm = select(AuditEntry).where(AuditEntry.subject == str(norm.id)).order_by(AuditEntry.sequence)
    entries = session.scalars(of_norm.where(AuditEntry.kind.in_((APPROVED, STOPPED)))).all()
    last_stop = max((entry.sequence for entry in entries if entry.kind == STOPPED), default=0)
    recorded = {(entry.actor_id, entry.detail.get("sha256")) for entry in entries if entry.sequence > last_stop}
    is_recorded = (norm.approved_by, norm.sha256) in recorded
    if not is_recorded or not is_another_person(norm.approved_by, norm.drafted_by):
        raise NormNotApproved(norm.label)


def published_for_update(skill: str, language: str, *, session: Session) -> NormVersion | None:
    """The norm in force for a skill in a language, whatever people it describes; locked, or None."""
    in_force = (NormVersion.skill == skill, NormVersion.language == language, NormVersion.state == NormState.PUBLISHED)
    return session.scalar(select(NormVersion).where(*in_force).with_for_update(of=NormVersion))


def recalibration_for_update(recalibration_id: UUID, *, session: Session) -> Recalibration:
    """The recalibration, locked."""
    query = select(Recalibration).where(Recalibration.id == recalibration_id).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise RecalibrationNotFound(recalibration_id)
    return row
