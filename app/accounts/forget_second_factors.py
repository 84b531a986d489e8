"""An operator helps somebody who lost phone, passkeys and recovery codes: all of them go, and they begin anew."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.errors import SecondFactorMissing
from app.accounts.models import Passkey, RecoveryCode, SecondFactor
from app.accounts.passkey_notices import REMOVED, give_notice
from app.accounts.restrictions import hold_accounts
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def forget_second_factors(person_id: UUID, *, session: Session, clock: Clock, jobs: Jobs, actor: Actor) -> None:
    """Forget authenticator app, passkeys and recovery codes, and end every sign-in.

    Raises
    ------
    SecondFactorMissing
        There is none.
    """
    require(actor, "operator")
    now = clock.now()
    hold_accounts(person_id, session=session)
    apps = session.scalars(
        delete(SecondFactor).where(SecondFactor.person_id == person_id).returning(SecondFactor.person_id)
    ).all()
    passkeys = session.scalars(delete(Passkey).where(Passkey.person_id == person_id).returning(Passkey.id)).all()
    if not apps and not passkeys:
        raise SecondFactorMissing
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    end_all_of(person_id, session=session)
    audit.record("second-factor.removed", person_id, actor=actor, at=now, session=session)
    for passkey_id in passkeys:
        give_notice(REMOVED, passkey_id, person_id, session=session, at=now, jobs=jobs)
