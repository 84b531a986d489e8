"""The step that signing in and confirming share: spend the challenge, then see which passkey of ours answered it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Passkey
from app.accounts.outcomes import PasskeyRefusal, PasskeyRefused
from app.accounts.passkey_challenges import Ceremony, spend_challenge
from app.accounts.passkey_messages import MessageInvalid, claim_of, sign_count_of
from app.accounts.passkey_notices import SUSPENDED, give_notice
from app.accounts.relying_party import relying_party
from app.accounts.restrictions import hold_accounts
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.jobs import Jobs


def judged_passkey(
    message: str,
    ceremony: Ceremony,
    person_id: UUID | None,
    *,
    challenge: str,
    base_url: str,
    session: Session,
    at: datetime,
    jobs: Jobs,
) -> Passkey | PasskeyRefused:
    """The passkey that answered, its use written down; or why none did. A refusal spends the challenge too.

    `person_id` is whose passkey it must be; where it is None the answer itself must say so, and truly.
    """
    if not spend_challenge(challenge, ceremony, person_id, session=session, at=at):
        return PasskeyRefused(PasskeyRefusal.SPENT)
    try:
        passkey = _claimed(message, person_id, session=session)
        if passkey is None:
            return PasskeyRefused(PasskeyRefusal.UNKNOWN)
        count = sign_count_of(message, passkey, challenge=challenge, party=relying_party(base_url))
    except MessageInvalid:
        return PasskeyRefused(PasskeyRefusal.INVALID)
    if passkey.suspended_at is None and _went_backwards(passkey.sign_count, count):
        passkey.suspended_at = at
        audit.record("passkey.suspended", passkey.id, actor=Actor(passkey.person_id, "person"), at=at, session=session)
        give_notice(SUSPENDED, passkey.id, passkey.person_id, session=session, at=at, jobs=jobs)
    if passkey.suspended_at is not None:
        return PasskeyRefused(PasskeyRefusal.SUSPENDED)
    passkey.sign_count, passkey.used_at = count, at
    return passkey


def _claimed(message: str, person_id: UUID | None, *, session: Session) -> Passkey | None:
    """The passkey an answer names, if it belongs to whom it must; locked, so that its counter is compared once.

    Its owner's account is held before it: whoever ends their sign-ins may be removing it.
    """
    claim = claim_of(message)
    claimed = Passkey.credential_id == claim.credential_id
    owner_id = session.scalar(select(Passkey.person_id).where(claimed))
    owners = [owner for owner in (person_id and person_id.bytes, claim.user_handle) if owner is not None]
    if owner_id is None or not owners or any(owner != owner_id.bytes for owner in owners):
        return None
    hold_accounts(owner_id, session=session)
    return session.scalar(select(Passkey).where(claimed, Passkey.person_id == owner_id).with_for_update())


def _went_backwards(stored: int, given: int) -> bool:
    """WebAuthn 3, 6.1.1: a counter that is in use grows with every answer; a copy's falls behind or repeats."""
    return max(stored, given) > 0 and given <= stored
