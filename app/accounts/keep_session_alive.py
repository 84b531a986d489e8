"""A sign-in in use moves its idle limit on. Done every few minutes, so that reading a page is not a write."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of, roles_of
from app.accounts.models import BrowserSession
from app.accounts.policy import AccountPolicy
from app.accounts.rules import session_idle
from app.foundation import policies
from app.foundation.clock import Clock


def keep_session_alive(token: str, *, session: Session, clock: Clock) -> datetime:
    """Write the use down, if the sign-in is still open; its end, however busy, never moves. When to do so again.

    Everything is read before anything is held. A whole class that signed in within a minute does not come back within
    one: each sign-in waits for another part of the second half of the minutes.
    """
    now, mark = clock.now(), hash_of(token)
    policy = policies.current(AccountPolicy, session=session, at=now)
    row = session.scalar(select(BrowserSession).where(BrowserSession.token_hash == mark))
    if row is not None and row.is_open(at=now):
        idle_until = min(row.expires_at, now + session_idle(roles_of(row.person_id, session=session), policy))
        still_open = (BrowserSession.id == row.id, BrowserSession.idle_until_at > now)
        session.execute(update(BrowserSession).where(*still_open).values(used_at=now, idle_until_at=idle_until))
    return now + timedelta(minutes=policy.session_touch_minutes) * (1 + int(mark[:4], 16) / 0xFFFF) / 2
