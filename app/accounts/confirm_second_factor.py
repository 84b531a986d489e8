"""A member of staff enters the code their authenticator app shows. Each code is accepted once."""

from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

import pyotp
from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts.browser_sessions import Browser, renew_session
from app.accounts.errors import SecondFactorMissing
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.models import SecondFactor
from app.accounts.outcomes import SecondFactorConfirmed, WrongCode
from app.accounts.policy import AccountPolicy
from app.accounts.restrictions import hold_accounts
from app.accounts.rules import second_factor_limit, typed_code
from app.accounts.sealing import unseal
from app.accounts.second_factors import first_recovery_codes, has_passkey
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.links import Links

STEP_SECONDS = 30  # RFC 6238, 4.1: the default every authenticator app assumes


def confirm_second_factor(
    person_id: UUID,
    code: str,
    *,
    browser: Browser,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
    jobs: Jobs,
    actor: Actor,
) -> SecondFactorConfirmed | WrongCode:
    """Give this browser a fresh sign-in that has shown the second factor, or count a wrong guess.

    The row is locked while the code is judged, and only a step later than the last accepted one counts: of two
    who bring the same code at the same moment, one gets in.

    Raises
    ------
    SecondFactorMissing, ProofNotFresh, AccountRestricted, AccountMerged
    SignInNeeded
        The person was signed out everywhere meanwhile.
    """
    now = clock.now()
    hold_accounts(person_id, session=session)
    policy = policies.current(AccountPolicy, session=session, at=now)
    factor = session.get(SecondFactor, person_id, with_for_update=True)
    if factor is None:
        raise SecondFactorMissing
    if factor.confirmed_at is None and has_passkey(person_id, session=session):
        require_fresh_proof(actor, session=session, at=now)  # an app left half set up is no way around the passkey
    subjects, limit = guesses.subjects_of_person(person_id), second_factor_limit(policy)
    budget = guesses.counted(subjects, guesses.SECOND_FACTOR, limit=limit, session=session, at=now)
    if budget.left == 0:
        return WrongCode(0)
    step = _step_of(code, factor, links=links, at=now, drift=policy.second_factor_drift_steps)
    if step is None:
        budget.add()
        if budget.left == 0:
            guesses.give_notice(
                guesses.SECOND_FACTOR, person_id, f"{person_id}:{now.date()}", session=session, jobs=jobs
            )
        return WrongCode(budget.left)
    factor.last_step = step
    codes: tuple[str, ...] = ()
    if factor.confirmed_at is None:
        factor.confirmed_at = now
        codes = first_recovery_codes(person_id, session=session, entropy=entropy, policy=policy)
        audit.record("second-factor.confirmed", person_id, actor=actor, at=now, session=session)
    token = renew_session(person_id, browser=browser, session=session, at=now, entropy=entropy, policy=policy)
    return SecondFactorConfirmed(token, codes)


def _step_of(code: str, factor: SecondFactor, *, links: Links, at: datetime, drift: int) -> int | None:
    """The unused time step whose code this is, if any."""
    totp = pyotp.TOTP(unseal(factor.sealed_secret, person_id=factor.person_id, links=links))
    given, present = typed_code(code).encode(), int(at.timestamp()) // STEP_SECONDS
    matching = [
        step
        for step in range(present - drift, present + drift + 1)
        if hmac.compare_digest(given, totp.generate_otp(step).encode()) and step > factor.last_step
    ]
    return max(matching, default=None)
