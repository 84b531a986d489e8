"""A person's cases and changes go; where they decided about others, their id goes from these."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from app.reviews.models import RegisterChange, ReviewCase


def erase_cases(person_id: UUID, *, session: Session) -> None:
    """Delete what they asked, with their words and the answer; what they answered stays without them."""
    session.execute(delete(ReviewCase).where(ReviewCase.person_id == person_id))
    session.execute(update(ReviewCase).where(ReviewCase.decided_by == person_id).values(decided_by=None))


def erase_changes(person_id: UUID, credential_ids: Sequence[UUID], *, session: Session) -> None:
    """Delete what was changed of their certificates, or moved to them; what they decided of others stays without them.

    Where they had asked and nobody applied it, it can be applied no more.
    """
    about = or_(RegisterChange.credential_id.in_(credential_ids), RegisterChange.to_person_id == person_id)
    session.execute(delete(RegisterChange).where(about))
    for named in (RegisterChange.asked_by, RegisterChange.applied_by, RegisterChange.dropped_by):
        session.execute(update(RegisterChange).where(named == person_id).values({named.key: None}))
