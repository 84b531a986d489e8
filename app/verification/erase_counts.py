"""The counts of certificates that are about to be erased go."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.verification.models import VerificationCount


def erase_counts(credential_ids: Sequence[UUID], *, session: Session) -> None:
    """Delete them."""
    session.execute(delete(VerificationCount).where(VerificationCount.credential_id.in_(credential_ids)))
