"""A person's cases go; where they decided others' cases, their id goes from these."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.reviews.models import ReviewCase


def erase_cases(person_id: UUID, *, session: Session) -> None:
    """Delete what they asked, with their words and the answer; what they answered stays without them."""
    session.execute(delete(ReviewCase).where(ReviewCase.person_id == person_id))
    session.execute(update(ReviewCase).where(ReviewCase.decided_by == person_id).values(decided_by=None))
