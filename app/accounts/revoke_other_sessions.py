"""A person signs out everywhere but here."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of
from app.accounts.models import BrowserSession
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def revoke_other_sessions(browser_token: str | None, *, session: Session, clock: Clock, actor: Actor) -> int:
    """End every sign-in of the actor but the one that holds `browser_token`; how many have ended."""
    ended = session.scalars(
        delete(BrowserSession)
        .where(BrowserSession.person_id == actor.person_id, BrowserSession.token_hash != hash_of(browser_token or ""))
        .returning(BrowserSession.id)
    ).all()
    for session_id in ended:
        audit.record("sign-in.revoked", session_id, actor=actor, at=clock.now(), session=session)
    return len(ended)
