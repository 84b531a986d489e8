"""Challenges of passkey ceremonies: kept here, answered once, soon, and by the browser that asked.

The browser keeps the challenge in its signed cookie and the database keeps its hash. Another browser has no such
cookie, and the second answer finds no such row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of
from app.accounts.models import PasskeyChallenge
from app.accounts.policy import AccountPolicy
from app.foundation.entropy import Entropy


class Ceremony(StrEnum):
    """What a challenge was made for; an answer to one serves no other."""

    REGISTRATION = "registration"
    SIGN_IN = "sign-in"
    CONFIRMATION = "confirmation"


def make_challenge(
    ceremony: Ceremony,
    person_id: UUID | None,
    *,
    session: Session,
    at: datetime,
    entropy: Entropy,
    policy: AccountPolicy,
) -> str:
    """A fresh challenge of 256 bits for this browser to keep."""
    challenge = entropy.token()
    row = PasskeyChallenge(
        challenge_hash=hash_of(challenge),
        ceremony=ceremony,
        person_id=person_id,
        expires_at=at + timedelta(minutes=policy.passkey_challenge_minutes),
    )
    session.add(row)
    session.flush()
    return challenge


def spend_challenge(
    challenge: str, ceremony: Ceremony, person_id: UUID | None, *, session: Session, at: datetime
) -> bool:
    """Whether it was open for this ceremony and person. Whatever the answer, it is spent: one statement decides."""
    spent = session.execute(
        delete(PasskeyChallenge)
        .where(PasskeyChallenge.challenge_hash == hash_of(challenge))
        .returning(PasskeyChallenge.ceremony, PasskeyChallenge.person_id, PasskeyChallenge.expires_at)
    ).one_or_none()
    return spent is not None and (spent.ceremony, spent.person_id) == (ceremony, person_id) and spent.expires_at > at
