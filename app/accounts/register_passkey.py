"""A device made a passkey for the person; from now on it lets them in, and is a second factor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser, renew_session
from app.accounts.errors import TooManyPasskeys
from app.accounts.inserting import insert_if_absent
from app.accounts.models import Passkey
from app.accounts.outcomes import PasskeyRefusal, PasskeyRefused, SecondFactorConfirmed
from app.accounts.passkey_challenges import Ceremony, spend_challenge
from app.accounts.passkey_messages import MessageInvalid, NewCredential, new_credential
from app.accounts.passkey_notices import ADDED, give_notice
from app.accounts.policy import AccountPolicy
from app.accounts.relying_party import relying_party
from app.accounts.restrictions import hold_accounts
from app.accounts.rules import tidy_name
from app.accounts.second_factors import first_recovery_codes
from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs


def register_passkey(
    message: str,
    label: str,
    *,
    challenge: str,
    base_url: str,
    browser: Browser,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> SecondFactorConfirmed | PasskeyRefused:
    """Keep the public key and give this browser a fresh sign-in; recovery codes come with staff's first factor.

    That the person proved who they are was asked when the challenge was made for them, and it lives for minutes.

    Raises
    ------
    NameInvalid, TooManyPasskeys, AccountRestricted, AccountMerged
    SignInNeeded
        Nobody is signed in, or they were signed out everywhere meanwhile.
    """
    if actor.person_id is None:
        raise SignInNeeded
    person_id, now, name = actor.person_id, clock.now(), tidy_name(label)
    hold_accounts(person_id, session=session)
    policy = policies.current(AccountPolicy, session=session, at=now)
    if not spend_challenge(challenge, Ceremony.REGISTRATION, person_id, session=session, at=now):
        return PasskeyRefused(PasskeyRefusal.SPENT)
    try:
        made = new_credential(message, challenge=challenge, party=relying_party(base_url))
    except MessageInvalid:
        return PasskeyRefused(PasskeyRefusal.INVALID)
    _require_room(person_id, session=session, policy=policy)
    passkey = _row(made, name or browser.device or "Passkey", person_id, entropy=entropy, at=now)
    if not insert_if_absent(passkey, session=session):
        return PasskeyRefused(PasskeyRefusal.KNOWN)  # somebody's already: an id is of one key and one person
    audit.record("passkey.added", passkey.id, actor=actor, at=now, session=session)
    give_notice(ADDED, passkey.id, person_id, session=session, at=now, jobs=jobs)
    codes = first_recovery_codes(person_id, session=session, entropy=entropy, policy=policy)
    token = renew_session(person_id, browser=browser, session=session, at=now, entropy=entropy, policy=policy)
    return SecondFactorConfirmed(token, codes)


def _row(made: NewCredential, label: str, person_id: UUID, *, entropy: Entropy, at: datetime) -> Passkey:
    return Passkey(
        id=entropy.uuid(),
        person_id=person_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=list(made.transports),
        label=label,
        added_at=at,
    )


def _require_room(person_id: UUID, *, session: Session, policy: AccountPolicy) -> None:
    """The account is held, so that two browsers at once are counted one after the other."""
    held = session.scalar(select(func.count()).where(Passkey.person_id == person_id).select_from(Passkey))
    if (held or 0) >= policy.most_passkeys:
        raise TooManyPasskeys(policy.most_passkeys)
