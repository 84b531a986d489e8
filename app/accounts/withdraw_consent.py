"""A person takes a consent back, as easily as it was given."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.models import Consent
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def withdraw_consent(person_id: UUID, kind: str, *, session: Session, clock: Clock, actor: Actor) -> None:
    """End the standing consent; where none stands, nothing changes."""
    now = clock.now()
    version = session.scalar(
        update(Consent)
        .where(Consent.person_id == person_id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(Consent.version)
    )
    if version is not None:
        detail = {"kind": kind, "version": version}
        audit.record("consent.withdrawn", person_id, actor=actor, at=now, session=session, detail=detail)
