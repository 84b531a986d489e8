"""Use case: the holder makes a link for one reader, which shows the certificate even while its page is private."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.credentials import queries as credentials
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.locks import hold
from app.foundation.names import can_be_shown, without_marks
from app.verification.errors import ShareRefused, TooManyShares
from app.verification.models import ShareGrant
from app.verification.policy import VerificationPolicy

LONGEST_NOTE = 80


def grant_share(
    code: str, made_for: str, days: int, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> UUID:
    """The id of the new link.

    Raises
    ------
    CredentialNotFound
        To anyone but the holder the certificate does not exist.
    ShareRefused, TooManyShares
    """
    credential, now = credentials.own_credential(code, actor.person_id, session=session), clock.now()
    policy = policies.current(VerificationPolicy, session=session, at=now)
    note = " ".join(without_marks(made_for).split())
    if not 0 < len(note) <= LONGEST_NOTE or not can_be_shown(note) or days not in policy.share_days:
        raise ShareRefused(LONGEST_NOTE)
    hold(session, "shares", credential.id)  # two who ask at once are counted one after the other
    if _open_shares(credential.id, session=session, clock=clock) >= policy.most_open_shares:
        raise TooManyShares(policy.most_open_shares)
    grant = ShareGrant(
        id=entropy.uuid(),
        credential_id=credential.id,
        made_for=note,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(grant)
    audit.record("share.granted", grant.id, actor=actor, at=now, session=session, detail={"days": days})
    session.flush()
    return grant.id


def _open_shares(credential_id: UUID, *, session: Session, clock: Clock) -> int:
    query = select(func.count()).where(
        ShareGrant.credential_id == credential_id, ShareGrant.ended_at.is_(None), ShareGrant.expires_at > clock.now()
    )
    return session.scalar(query) or 0
