"""A person ends one of their sign-ins, perhaps on a computer far away."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.errors import SessionNotFound
from app.accounts.models import BrowserSession
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def revoke_session(session_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """End it, if it is the actor's own; somebody else's is answered like one that does not exist."""
    ended = session.scalar(
        delete(BrowserSession)
        .where(BrowserSession.id == session_id, BrowserSession.person_id == actor.person_id)
        .returning(BrowserSession.id)
    )
    if ended is None:
        raise SessionNotFound
    audit.record("sign-in.revoked", session_id, actor=actor, at=clock.now(), session=session)
