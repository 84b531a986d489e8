"""The norm before the one in force, and the rollback that leads back to it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.norming.errors import NoFormerNorm
from app.norming.locked import norm_for_update, require_recorded_approval
from app.norming.models import NormRollback, NormState, NormVersion


def former_of(norm: NormVersion, *, session: Session) -> UUID | None:
    """The norm of the skill and language published last before this one, and that nobody has turned away from."""
    turned_away_from = select(NormRollback.norm_id).where(NormRollback.confirmed_at.is_not(None))
    query = (
        select(NormVersion.id)
        .where(
            NormVersion.skill == norm.skill,
            NormVersion.language == norm.language,
            NormVersion.state == NormState.SUPERSEDED,
            NormVersion.published_at < norm.published_at,
            NormVersion.id.not_in(turned_away_from),
        )
        .order_by(NormVersion.published_at.desc())
        .limit(1)
    )
    return session.scalar(query)


def former_for_update(norm: NormVersion, *, session: Session) -> NormVersion:
    """The same, locked, as drafted and with its recorded approval; `NoFormerNorm` where there is none."""
    former_id = former_of(norm, session=session)
    if former_id is None:
        raise NoFormerNorm(norm.label)
    former = norm_for_update(former_id, session=session)
    require_recorded_approval(former, session=session)
    return former


def open_rollback(norm_id: UUID, *, session: Session, at: datetime) -> NormRollback | None:
    """The rollback of a norm that waits for a second person, locked, or None."""
    query = (
        select(NormRollback)
        .where(NormRollback.norm_id == norm_id, NormRollback.confirmed_at.is_(None), NormRollback.lapses_at >= at)
        .with_for_update(of=NormRollback)
        .execution_options(populate_existing=True)
    )
    return session.scalar(query)
