"""What was asked about a person's accounts goes; what they asked about others', as a reviewer, stays without them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from app.privacy.models import AccountMerge


def erase_merges(person_ids: Sequence[UUID], *, session: Session) -> None:
    """Delete them. Where the person had asked and nobody carried it out, it can be carried out no more."""
    about = or_(AccountMerge.staying_id.in_(person_ids), AccountMerge.leaving_id.in_(person_ids))
    session.execute(delete(AccountMerge).where(about))
    for named in (AccountMerge.asked_by, AccountMerge.applied_by, AccountMerge.dropped_by):
        session.execute(update(AccountMerge).where(named.in_(person_ids)).values({named.key: None}))
