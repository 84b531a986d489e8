"""Use case (worker alone): delete the private keys that may sign no more. The public ones stay where they are."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.credentials.models import IssuerKey
from app.foundation.signing import Signers


def destroy_spent_keys(*, session: Session, signers: Signers) -> None:
    """After the commit that retired them: before it, a crash would leave no key to sign with."""
    spent = or_(IssuerKey.retired_at.is_not(None), IssuerKey.compromised_at.is_not(None))
    for key_id in session.scalars(select(IssuerKey.key_id).where(spent)):
        signers.destroy(key_id)
