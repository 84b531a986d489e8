"""A browser is done: its sign-in ends on the server, not in the cookie alone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_by_token
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def sign_out(token: str, *, session: Session, clock: Clock, actor: Actor) -> None:
    """End the sign-in in the database: a copy of the cookie opens nothing either."""
    end_by_token(token, session=session)
    audit.record("person.signed-out", actor.person_id, actor=actor, at=clock.now(), session=session)
