"""An authenticator app goes: its owner has a new phone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.errors import SecondFactorMissing
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.models import SecondFactor
from app.accounts.restrictions import hold_accounts
from app.accounts.second_factors import forget_idle_recovery_codes
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def remove_second_factor(person_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Forget the secret, and end every sign-in: none of them may outlive what it was based on.

    Recovery codes go with the last second factor.

    Raises
    ------
    ProofNotFresh, SecondFactorMissing
    """
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    hold_accounts(person_id, session=session)
    removed = session.scalar(
        delete(SecondFactor).where(SecondFactor.person_id == person_id).returning(SecondFactor.person_id)
    )
    if removed is None:
        raise SecondFactorMissing
    forget_idle_recovery_codes(person_id, session=session)
    end_all_of(person_id, session=session)
    audit.record("second-factor.removed", person_id, actor=actor, at=now, session=session)
