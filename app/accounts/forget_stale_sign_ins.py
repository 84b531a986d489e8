"""Job: forgets addresses that never joined, sign-ins that have ended, and counts that no longer matter."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from app.accounts.models import BrowserSession, GuessCount, PasskeyChallenge, SignInRequest
from app.accounts.policy import AccountPolicy
from app.foundation import policies
from app.foundation.clock import Clock


def forget_stale_sign_ins(*, session: Session, clock: Clock) -> None:
    """Delete what has outlived its use; often or seldom, the rest is untouched."""
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    stale_before = now - timedelta(hours=policy.stale_request_hours)
    session.execute(delete(SignInRequest).where(SignInRequest.expires_at < stale_before))
    session.execute(
        delete(BrowserSession).where(or_(BrowserSession.expires_at <= now, BrowserSession.idle_until_at <= now))
    )
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))
    oldest_day = now.date() - timedelta(days=policy.guess_window_days)
    session.execute(delete(GuessCount).where(GuessCount.guessed_on < oldest_day))
