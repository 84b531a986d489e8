"""Use case: a recruiter asks whether the person before them is the holder of a certificate that is shown.

A copied link proves that a certificate was issued, not who sent it. The question is a link that the recruiter hands to
that person by their own means; we write to nobody, so that no stranger can reach a holder through us.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.credentials import queries as credentials
from app.credentials.errors import CredentialNotFound
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.verification.models import ControlChallenge
from app.verification.policy import VerificationPolicy

NUMBER_DIGITS = 6


def ask_holder(code: str, *, session: Session, clock: Clock, entropy: Entropy) -> UUID:
    """The id of the question. Those long over are forgotten on the way.

    Raises
    ------
    CredentialNotFound
        Alike where there is no such code and where the holder shows nothing under it.
    """
    found, now = credentials.shown_credential_of_code(code, session=session), clock.now()
    if found is None:
        raise CredentialNotFound
    policy = policies.current(VerificationPolicy, session=session, at=now)
    long_over = now - timedelta(days=policy.challenge_kept_days)
    session.execute(delete(ControlChallenge).where(ControlChallenge.expires_at < long_over))
    challenge = ControlChallenge(
        id=entropy.uuid(),
        credential_id=found.id,
        number=entropy.digits(NUMBER_DIGITS),
        asked_at=now,
        expires_at=now + timedelta(hours=policy.challenge_hours),
    )
    session.add(challenge)
    session.flush()
    return challenge.id
