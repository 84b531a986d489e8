"""The awards of a closed account become the other account's of the same person. None is made, and none is withdrawn."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.awarding.models import Award


def merge_awards(staying_id: UUID, leaving_id: UUID, *, session: Session) -> None:
    """Change whose they are, and nothing else."""
    session.execute(update(Award).where(Award.person_id == leaving_id).values(person_id=staying_id))
