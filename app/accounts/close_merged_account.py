"""An account is closed because its person goes on with another one: nothing of it opens a door any more.

Roles, tokens and every way of signing in end and are never carried over. Contexts above move what was earned.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.consents import ASSESSMENT
from app.accounts.models import (
    Consent,
    ErasedAddress,
    Passkey,
    PasskeyChallenge,
    Person,
    RecoveryCode,
    RoleGrant,
    SecondAddress,
    SecondFactor,
    SignInRequest,
)
from app.accounts.restrictions import hold_accounts
from app.foundation.kept_answers import forget_answers
from app.foundation.kept_forms import forget_forms

OPENS_A_DOOR = (RoleGrant, SecondFactor, RecoveryCode, Passkey, PasskeyChallenge)


def close_merged_account(leaving_id: UUID, staying_id: UUID, *, session: Session, at: datetime) -> None:
    """Close `leaving_id`. Accounts that were merged into it before belong to the staying one as well."""
    hold_accounts(leaving_id, session=session)  # waits for whoever is just being let in
    leaving = session.get_one(Person, leaving_id, with_for_update=True)
    staying = session.get_one(Person, staying_id, with_for_update=True)
    for opener in OPENS_A_DOOR:
        session.execute(delete(opener).where(opener.person_id == leaving_id))
    session.execute(delete(SignInRequest).where(SignInRequest.email == leaving.email))
    session.execute(delete(SecondAddress).where(SecondAddress.person_id == leaving_id))
    end_all_of(leaving_id, session=session)
    forget_answers(leaving_id, session=session)
    forget_forms(leaving_id, session=session)
    _carry_consent(leaving_id, staying_id, session=session)
    _share_lineage(leaving, staying, session=session)
    session.execute(update(Person).where(Person.merged_into_id == leaving_id).values(merged_into_id=staying_id))
    leaving.display_name, leaving.merged_into_id, leaving.merged_at = None, staying_id, at
    session.flush()


def _carry_consent(leaving_id: UUID, staying_id: UUID, *, session: Session) -> None:
    """Who never was asked on the account that stays has consented on the other: an open sitting goes on with it."""
    asked = select(Consent.id).where(Consent.person_id == staying_id, Consent.kind == ASSESSMENT).limit(1)
    if session.scalar(asked) is None:
        given = update(Consent).where(Consent.person_id == leaving_id, Consent.kind == ASSESSMENT)
        session.execute(given.values(person_id=staying_id))


def _share_lineage(leaving: Person, staying: Person, *, session: Session) -> None:
    """What an erasure had left of either address counts for the one account."""
    if leaving.lineage_id is not None and staying.lineage_id is not None:
        of_leaving = update(ErasedAddress).where(ErasedAddress.lineage_id == leaving.lineage_id)
        session.execute(of_leaving.values(lineage_id=staying.lineage_id))
    staying.lineage_id = staying.lineage_id or leaving.lineage_id
    leaving.lineage_id = staying.lineage_id
