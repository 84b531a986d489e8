"""A second factor goes: its owner has a new phone, or an operator helps somebody who lost everything."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.errors import SecondFactorMissing
from app.accounts.models import RecoveryCode, SecondFactor
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def remove_second_factor(person_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Forget secret and recovery codes, and end every sign-in: none of them may outlive what it was based on."""
    removed = session.scalar(
        delete(SecondFactor).where(SecondFactor.person_id == person_id).returning(SecondFactor.person_id)
    )
    if removed is None:
        raise SecondFactorMissing
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    end_all_of(person_id, session=session)
    audit.record("second-factor.removed", person_id, actor=actor, at=clock.now(), session=session)
