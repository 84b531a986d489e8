"""A person takes a second address back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.models import SecondAddress
from app.accounts.second_addresses import REMOVED
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def remove_second_address(person_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """No copy goes there any more, and a link that is under way proves nothing; with none there, nothing happens."""
    row = session.get(SecondAddress, person_id, with_for_update=True)
    if row is None:
        return
    session.delete(row)
    session.flush()
    audit.record(REMOVED, person_id, actor=actor, at=clock.now(), session=session)
