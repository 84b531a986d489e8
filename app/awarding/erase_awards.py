"""A person's decisions and awards go."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from app.awarding.models import Award, AwardDecision


def erase_awards(person_id: UUID, result_ids: Sequence[UUID], *, session: Session) -> None:
    """Delete the awards, also what another account held of these results, and the decisions on them.

    Credentials are gone by now.
    """
    session.execute(delete(Award).where(or_(Award.person_id == person_id, Award.result_id.in_(result_ids))))
    session.execute(delete(AwardDecision).where(AwardDecision.result_id.in_(result_ids)))
