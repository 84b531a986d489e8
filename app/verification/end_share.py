"""Use case: the holder ends a link, and once it has ended may remove it with its count of looks."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import queries as credentials
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.verification.errors import ShareNotFound
from app.verification.models import ShareGrant


def end_share(code: str, grant_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Close an open link, so that it shows nothing from now on; remove one that had ended already."""
    credential, now = credentials.own_credential(code, actor.person_id, session=session), clock.now()
    query = select(ShareGrant).where(ShareGrant.id == grant_id, ShareGrant.credential_id == credential.id)
    grant = session.scalar(query.with_for_update())
    if grant is None:
        raise ShareNotFound
    if grant.is_open(at=now):
        grant.end(at=now)
        audit.record("share.ended", grant.id, actor=actor, at=now, session=session)
    else:
        session.delete(grant)
    session.flush()
