"""A member of staff without their phone uses one of the codes they put away."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser, renew_session
from app.accounts.models import RecoveryCode
from app.accounts.outcomes import SecondFactorConfirmed, WrongCode
from app.accounts.policy import AccountPolicy
from app.accounts.recovery_codes import hash_of_code
from app.accounts.restrictions import hold_accounts
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy


def use_recovery_code(
    person_id: UUID, code: str, *, browser: Browser, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> SecondFactorConfirmed | WrongCode:
    """Spend the code and give this browser a fresh sign-in. One statement spends it, so two at once cannot both.

    Raises
    ------
    AccountRestricted, AccountMerged
    SignInNeeded
        The person was signed out everywhere meanwhile.
    """
    now = clock.now()
    hold_accounts(person_id, session=session)
    spent = session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_hash == hash_of_code(code),
            RecoveryCode.person_id == person_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.code_hash)
    )
    if spent is None:
        return WrongCode(None)  # 80 random bits: counting would only lock the owner out
    audit.record("second-factor.recovered", person_id, actor=actor, at=now, session=session)
    policy = policies.current(AccountPolicy, session=session, at=now)
    token = renew_session(person_id, browser=browser, session=session, at=now, entropy=entropy, policy=policy)
    return SecondFactorConfirmed(token)
