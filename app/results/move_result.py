"""A result follows its sitting to the right account."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.results.models import SkillResult


def move_result(result_id: UUID, to_person_id: UUID, *, session: Session) -> None:
    """Change whose it is, and nothing of what it says."""
    session.execute(update(SkillResult).where(SkillResult.id == result_id).values(person_id=to_person_id))
    session.flush()
