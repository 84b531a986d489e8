"""Part of a job: letters go after as long as the policy says."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import Letter
from app.accounts.policy import AccountPolicy
from app.accounts.restrictions import people_kept_from_retention
from app.foundation import policies
from app.foundation.clock import Clock


def forget_old_letters(*, session: Session, clock: Clock) -> None:
    """Delete those that were written too long ago; often or seldom, the rest is untouched.

    Of people on a legal hold or in a dispute nothing goes.
    """
    now = clock.now()
    kept = timedelta(days=policies.current(AccountPolicy, session=session, at=now).letters_kept_days)
    goes = Letter.person_id.not_in(people_kept_from_retention(session=session))
    session.execute(delete(Letter).where(Letter.written_at < now - kept, goes))
