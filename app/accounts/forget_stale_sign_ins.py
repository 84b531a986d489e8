"""Job: forgets addresses that never joined or agreed, sign-ins that have ended, and counts that no longer matter."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from app.accounts.models import BrowserSession, GuessCount, PasskeyChallenge, SecondAddress, SignInRequest
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
    asked_before = now - timedelta(hours=policy.second_address_link_hours)
    unanswered = delete(SecondAddress).where(SecondAddress.proven_at.is_(None), SecondAddress.named_at < asked_before)
    session.execute(unanswered)
    oldest_day = now.date() - timedelta(days=policy.guess_window_days)
    session.execute(delete(GuessCount).where(GuessCount.guessed_on < oldest_day))
