"""A withdrawn award stands again, because what took it was found wrong."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding.errors import AwardNotFound
from app.awarding.models import Award
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def restore_award(award_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Restore it; one that stands is left as it is. The table refuses a second standing award of one result.

    Raises
    ------
    AwardNotFound
    """
    award = session.get(Award, award_id, with_for_update=True)
    if award is None:
        raise AwardNotFound(award_id)
    if award.withdrawn_at is not None:
        award.withdrawn_at = None
        session.flush()
        audit.record("award.restored", award.id, actor=actor, at=clock.now(), session=session)
