"""Whether what sittings that start now are pinned to can be scored with: asked before a start, and by the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessment.errors import NormUnreadable, SkillOutOfOrder
from app.assessment.models import Edition
from app.assessment.pinned_norm import require_readable
from app.assessment.policy import SittingPolicy
from app.foundation import policies

log = structlog.get_logger("decile.editions")


@dataclass(frozen=True, slots=True)
class EditionOutOfOrder:
    """An edition under which nobody can start, and what scoring says of its numbers."""

    name: str  # skill, language and number
    norm_id: UUID | None
    why: str


def require_in_order(edition: Edition, policy: SittingPolicy) -> None:
    """Refuse a start under numbers that nobody can be scored with; the log names edition and norm.

    Raises
    ------
    SkillOutOfOrder
    """
    unreadable = _unreadable(edition, policy)
    if unreadable is not None:
        log.error("norm.unreadable", edition=edition.id, norm=str(edition.norm_id), why=unreadable.why)
        raise SkillOutOfOrder(edition.skill) from unreadable


def editions_out_of_order(*, session: Session, at: datetime) -> tuple[EditionOutOfOrder, ...]:
    """Of the editions that sittings start under now, those under which none can."""
    policy = policies.current(SittingPolicy, session=session, at=at)
    latest = select(func.max(Edition.id)).group_by(Edition.skill, Edition.language)
    return tuple(
        EditionOutOfOrder(f"{edition.skill} {edition.language} {edition.id}", edition.norm_id, unreadable.why)
        for edition in session.scalars(select(Edition).where(Edition.id.in_(latest)).order_by(Edition.id))
        if (unreadable := _unreadable(edition, policy)) is not None
    )


def _unreadable(edition: Edition, policy: SittingPolicy) -> NormUnreadable | None:
    try:
        require_readable(edition, policy)
    except NormUnreadable as unreadable:
        return unreadable
    return None
