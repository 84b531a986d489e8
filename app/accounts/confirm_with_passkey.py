"""A person who is signed in shows one of their passkeys: as staff's second factor, or before a sensitive act."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser, renew_session
from app.accounts.judged_passkey import judged_passkey
from app.accounts.outcomes import PasskeyRefused, SecondFactorConfirmed
from app.accounts.passkey_challenges import Ceremony
from app.accounts.policy import AccountPolicy
from app.accounts.restrictions import hold_accounts
from app.accounts.second_factors import first_recovery_codes
from app.foundation import policies
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs


def confirm_with_passkey(
    message: str,
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
    """Give this browser a fresh sign-in that has shown the second factor.

    Raises
    ------
    AccountRestricted, AccountMerged
    SignInNeeded
        Nobody is signed in, or they were signed out everywhere meanwhile.
    """
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    hold_accounts(actor.person_id, session=session)
    policy = policies.current(AccountPolicy, session=session, at=now)
    passkey = judged_passkey(
        message,
        Ceremony.CONFIRMATION,
        actor.person_id,
        challenge=challenge,
        base_url=base_url,
        session=session,
        at=now,
        jobs=jobs,
    )
    if isinstance(passkey, PasskeyRefused):
        return passkey
    codes = first_recovery_codes(actor.person_id, session=session, entropy=entropy, policy=policy)
    token = renew_session(actor.person_id, browser=browser, session=session, at=now, entropy=entropy, policy=policy)
    return SecondFactorConfirmed(token, codes)
