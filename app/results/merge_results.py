"""The results of a closed account become the other account's of the same person."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.results.models import SkillResult


def merge_results(staying_id: UUID, leaving_id: UUID, *, session: Session) -> None:
    """Change whose they are, and nothing of what they say."""
    session.execute(update(SkillResult).where(SkillResult.person_id == leaving_id).values(person_id=staying_id))
