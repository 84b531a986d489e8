"""Everything accounts holds about a person goes. Contexts above have erased their part before."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts.errors import PersonNotFound
from app.accounts.models import (
    ApiToken,
    BrowserSession,
    Consent,
    Letter,
    Passkey,
    PasskeyChallenge,
    Person,
    PersonRestriction,
    RecoveryCode,
    RoleGrant,
    SecondAddress,
    SecondFactor,
    SignInRequest,
)
from app.foundation.kept_answers import forget_answers
from app.foundation.kept_forms import forget_forms
from app.foundation.links import Links

OWNED = (
    RoleGrant,
    BrowserSession,
    ApiToken,
    SecondFactor,
    RecoveryCode,
    Passkey,
    PasskeyChallenge,
    Consent,
    PersonRestriction,
    Letter,
    SecondAddress,
)


def erase_account(person_id: UUID, *, session: Session, links: Links) -> None:
    """Delete the person with every row that names them, by id or by address, and the accounts merged into theirs."""
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise PersonNotFound(person_id)
    for merged_id in session.scalars(select(Person.id).where(Person.merged_into_id == person_id)).all():
        erase_account(merged_id, session=session, links=links)
    for owned in OWNED:
        session.execute(delete(owned).where(owned.person_id == person_id))
    session.execute(delete(SignInRequest).where(SignInRequest.email == person.email))
    guesses.forget(
        [*guesses.subjects_of_email(person.email, links), *guesses.subjects_of_person(person_id)], session=session
    )
    forget_answers(person_id, session=session)
    forget_forms(person_id, session=session)
    session.delete(person)
    session.flush()
