"""Part of a job: letters go after as long as the policy says."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import Letter
from app.accounts.policy import AccountPolicy
from app.foundation import policies
from app.foundation.clock import Clock


def forget_old_letters(*, session: Session, clock: Clock) -> None:
    """Delete those that were written too long ago; often or seldom, the rest is untouched."""
    now = clock.now()
    kept = timedelta(days=policies.current(AccountPolicy, session=session, at=now).letters_kept_days)
    session.execute(delete(Letter).where(Letter.written_at < now - kept))
