"""A person says yes to one text."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.consents import offer_of
from app.accounts.errors import ConsentTextChanged, ConsentUnknown
from app.accounts.inserting import insert_if_absent
from app.accounts.models import Consent
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy


def record_consent(
    person_id: UUID, kind: str, version: int, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> None:
    """Note a consent to the version that was read. Saying yes twice is one consent; a newer text replaces an older."""
    offer = offer_of(kind)
    if offer is None:
        raise ConsentUnknown(kind)
    if version != offer.version:
        raise ConsentTextChanged
    now = clock.now()
    standing = session.scalar(
        select(Consent).where(Consent.person_id == person_id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
    )
    if standing is not None and standing.version == version:
        return
    if standing is not None:
        standing.withdrawn_at = now
        session.flush()
    fresh = Consent(id=entropy.uuid(), person_id=person_id, kind=kind, version=version, given_at=now)
    if insert_if_absent(fresh, session=session):
        detail = {"kind": kind, "version": version}
        audit.record("consent.given", person_id, actor=actor, at=now, session=session, detail=detail)
