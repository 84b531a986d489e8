"""A sign-in in use moves its idle limit on. Done every few minutes, so that reading a page is not a write."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of, roles_of
from app.accounts.models import BrowserSession
from app.accounts.policy import AccountPolicy
from app.accounts.rules import session_idle
from app.foundation import policies
from app.foundation.clock import Clock


def keep_session_alive(token: str, *, session: Session, clock: Clock) -> datetime:
    """Write the use down, if the sign-in is still open; its end, however busy, never moves. When to do so again."""
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    row = session.scalar(select(BrowserSession).where(BrowserSession.token_hash == hash_of(token)).with_for_update())
    if row is not None and row.is_open(at=now):
        row.used_at = now
        row.idle_until_at = min(row.expires_at, now + session_idle(roles_of(row.person_id, session=session), policy))
    return now + timedelta(minutes=policy.session_touch_minutes)
