"""A person gives up one of their passkeys: an old phone, or one that was lost."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.errors import PasskeyNotFound
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.models import Passkey
from app.accounts.passkey_notices import REMOVED, give_notice
from app.accounts.restrictions import hold_accounts
from app.accounts.roles import is_staff
from app.accounts.second_factors import forget_idle_recovery_codes, has_second_factor
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def remove_passkey(
    passkey_id: UUID, *, browser_token: str | None, session: Session, clock: Clock, jobs: Jobs, actor: Actor
) -> bool:
    """Forget it, and end every other sign-in and token: whoever found the device may hold one. Whether this one stays.

    It goes too where staff gave up their last second factor: no sign-in outlives what it was based on.

    Raises
    ------
    ProofNotFresh, PasskeyNotFound
    """
    if actor.person_id is None:
        raise SignInNeeded
    person_id, now = actor.person_id, clock.now()
    require_fresh_proof(actor, session=session, at=now)
    hold_accounts(person_id, session=session)
    removed = session.scalar(
        delete(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person_id).returning(Passkey.id)
    )
    if removed is None:
        raise PasskeyNotFound
    forget_idle_recovery_codes(person_id, session=session)
    stays = has_second_factor(person_id, session=session) or not is_staff(actor.roles)
    end_all_of(person_id, but=browser_token if stays else None, session=session)
    audit.record("passkey.removed", passkey_id, actor=actor, at=now, session=session)
    give_notice(REMOVED, passkey_id, person_id, session=session, at=now, jobs=jobs)
    return stays
