"""Note that a founder was told, so that nobody is told twice."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.models import FoundingPromise
from app.foundation.clock import Clock


def note_founder_told(person_id: UUID, skill: str, *, session: Session, clock: Clock) -> None:
    """Keep the instant; noted before, it stays."""
    promise = session.get(FoundingPromise, (person_id, skill), with_for_update=True)
    if promise is not None and promise.told_at is None:
        promise.told_at = clock.now()
        session.flush()
