"""The person chose one of their passkeys on the sign-in page."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser, open_session
from app.accounts.judged_passkey import judged_passkey
from app.accounts.outcomes import PasskeyRefused, SignedIn
from app.accounts.passkey_challenges import Ceremony
from app.accounts.policy import AccountPolicy
from app.accounts.second_factors import first_recovery_codes
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.own_paths import safe_path


def sign_in_with_passkey(
    message: str,
    *,
    challenge: str,
    return_path: str,
    base_url: str,
    browser: Browser,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
) -> SignedIn | PasskeyRefused:
    """Let its owner in. The device has verified them, so this is both factors at once."""
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    passkey = judged_passkey(
        message, Ceremony.SIGN_IN, None, challenge=challenge, base_url=base_url, session=session, at=now, jobs=jobs
    )
    if isinstance(passkey, PasskeyRefused):
        return passkey
    person_id = passkey.person_id
    codes = first_recovery_codes(person_id, session=session, entropy=entropy, policy=policy)
    token = open_session(
        person_id, browser=browser, second_factor_at=now, session=session, at=now, entropy=entropy, policy=policy
    )
    detail = {"method": "passkey"}
    audit.record(
        "person.signed-in", person_id, actor=Actor(person_id, "person"), at=now, session=session, detail=detail
    )
    return SignedIn(
        token, person_id, needs_second_factor=False, return_path=safe_path(return_path), recovery_codes=codes
    )
