"""Use case: after a restore, end every sign-in, because the database no longer knows which were ended since."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.models import BrowserSession, PasskeyChallenge, SignInRequest


def end_all_sign_ins(*, session: Session) -> None:
    """Everybody signs in anew; no link, code or challenge of before counts. Tokens of programs stay."""
    for table in (BrowserSession, SignInRequest, PasskeyChallenge):
        session.execute(delete(table))
