"""A person's decisions and awards go."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.awarding.models import Award, AwardDecision


def erase_awards(person_id: UUID, result_ids: Sequence[UUID], *, session: Session) -> None:
    """Delete the awards, and the decisions on these results; credentials are gone by now."""
    session.execute(delete(Award).where(Award.person_id == person_id))
    session.execute(delete(AwardDecision).where(AwardDecision.result_id.in_(result_ids)))
