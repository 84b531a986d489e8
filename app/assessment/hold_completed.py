"""Whoever decides on a sitting holds it, so that nobody annuls it or lets it count again meanwhile."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.models import Sitting, State


def hold_completed(sitting_id: UUID, *, session: Session) -> bool:
    """Hold it to the end of the transaction; whether it is completed. What is void counts for nothing."""
    held = select(Sitting.state).where(Sitting.id == sitting_id).with_for_update()
    return session.scalar(held) == State.COMPLETED
