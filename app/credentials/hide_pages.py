"""A restricted holder's pages show nothing while the policy says so; what the holder had chosen comes back after."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.credentials.models import Credential
from app.credentials.policy import CredentialPolicy
from app.foundation import policies
from app.foundation.clock import Clock


def hide_pages(person_id: UUID, cause: str, *, session: Session, clock: Clock) -> bool:
    """Hide them where the policy names the cause; whether it did. Files that were given away go on verifying."""
    now = clock.now()
    if cause not in policies.current(CredentialPolicy, session=session, at=now).hidden_when_restricted:
        return False
    session.execute(update(Credential).where(Credential.person_id == person_id).values(hidden_at=now))
    return True


def show_pages_again(person_id: UUID, *, session: Session) -> None:
    """Open again whatever the holder had opened."""
    session.execute(update(Credential).where(Credential.person_id == person_id).values(hidden_at=None))
