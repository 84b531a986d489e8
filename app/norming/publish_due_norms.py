"""The worker's own hand: whatever was approved and scheduled is published when its hour comes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.norming.errors import NormAltered, NormInAnotherState, NormNotApproved, WindowOutgrown
from app.norming.models import NormState, NormVersion
from app.norming.publish_norm import publish_norm


def publish_due_norms(*, session: Session, clock: Clock, actor: Actor) -> tuple[UUID, ...]:
    """Publish every norm that is due, earliest first; nothing due is nothing done.

    A norm whose numbers were tampered with, or whose responses grew too old for its awards, stays scheduled and does
    not hold up the others: its card says so. Nor does one hold them up that somebody stops in this very moment.
    """
    due = session.scalars(
        select(NormVersion.id)
        .where(NormVersion.state == NormState.SCHEDULED, NormVersion.takes_effect_at <= clock.now())
        .order_by(NormVersion.takes_effect_at, NormVersion.drafted_at)
    ).all()
    return tuple(norm_id for norm_id in due if _published(norm_id, session=session, clock=clock, actor=actor))


def _published(norm_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> bool:
    try:
        with session.begin_nested():
            publish_norm(norm_id, session=session, clock=clock, actor=actor)
    except (NormAltered, NormNotApproved, NormInAnotherState, WindowOutgrown):
        return False
    return True
