"""A person's results go."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.results.models import SkillResult


def erase_results(person_id: UUID, *, session: Session) -> None:
    """Delete them; awards and cases that rest on them are gone by now."""
    session.execute(delete(SkillResult).where(SkillResult.person_id == person_id))
