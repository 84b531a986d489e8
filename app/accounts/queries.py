"""Reading accounts: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.accounts import lineage
from app.accounts.browser_sessions import hash_of, roles_of
from app.accounts.consents import NORM_USE, OFFERS, ConsentOffer, offer_of
from app.accounts.errors import PersonNotFound
from app.accounts.models import BrowserSession, Consent, Person, RoleGrant
from app.accounts.policy import AccountPolicy
from app.accounts.restrictions import standing
from app.accounts.roles import CANDIDATE, is_staff
from app.accounts.rules import is_same_mailbox, normalise_email
from app.foundation import policies
from app.foundation.access import Actor
from app.foundation.audit import AuditEntry
from app.foundation.db import table_of


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as other contexts may see them."""

    id: UUID
    email: str
    display_name: str | None
    language: str
    roles: frozenset[str]
    has_joined: bool

    @property
    def name_or_address(self) -> str:
        """What colleagues read: the name, or the address of one who gave none."""
        return self.display_name or self.email


@dataclass(frozen=True, slots=True)
class SessionView:
    """One browser signed in, as its owner sees it."""

    id: UUID
    device: str
    opened_at: datetime
    used_at: datetime
    is_this_one: bool


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent as offered today, and since when it stands, if it does."""

    offer: ConsentOffer
    given_at: datetime | None


def actor_for_session(token: str, *, session: Session | Connection, at: datetime) -> Actor | None:
    """Who holds this browser's token, if its sign-in is still open. Asked on every request: one statement."""
    rows = session.execute(_holder(), {"token_hash": hash_of(token), "at": at}).all()
    if not rows:
        return None
    first = rows[0]
    roles = frozenset({CANDIDATE, *(row.role for row in rows if row.role is not None)})
    return Actor(first.id, first.display_name or first.email, roles, first.second_factor_at, first.signed_in_at)


def holder_of_ended(token: str, *, session: Session, at: datetime) -> UUID | None:
    """Whose sign-in this was, if it ended by itself. One that somebody ended, or a right that changed, is gone."""
    row = session.scalar(select(BrowserSession).where(BrowserSession.token_hash == hash_of(token)))
    return row.person_id if row is not None and not row.is_open(at=at) else None


@cache
def _holder() -> Select[Any]:
    person, browser, grant = (table_of(model) for model in (Person, BrowserSession, RoleGrant))
    is_open = (browser.c.expires_at > bindparam("at"), browser.c.idle_until_at > bindparam("at"))
    return (
        select(
            person.c.id,
            person.c.display_name,
            person.c.email,
            browser.c.second_factor_at,
            func.coalesce(browser.c.proven_at, browser.c.opened_at).label("signed_in_at"),
            grant.c.role,
        )
        .select_from(browser)
        .join(person, person.c.id == browser.c.person_id)
        .outerjoin(grant, grant.c.person_id == person.c.id)
        .where(browser.c.token_hash == bindparam("token_hash"), *is_open)
    )


def policy(*, session: Session, at: datetime) -> AccountPolicy:
    """The policy in force."""
    return policies.current(AccountPolicy, session=session, at=at)


def person(person_id: UUID, *, session: Session) -> PersonView:
    """One person.

    Raises
    ------
    PersonNotFound
    """
    found = session.get(Person, person_id)
    if found is None:
        raise PersonNotFound(person_id)
    return _view(found, session=session)


def name_of(person_id: UUID | None, *, session: Session) -> str | None:
    """What colleagues read of a person; None where nobody is meant.

    Raises
    ------
    PersonNotFound
    """
    return person(person_id, session=session).name_or_address if person_id is not None else None


def person_by_email(email: str, *, session: Session) -> PersonView:
    """The person with this address, in any spelling; of a merged account, whoever it was merged into.

    Raises
    ------
    EmailInvalid, PersonNotFound
    """
    found = _with_address(email, session=session)
    if found.merged_into_id is not None:
        return person(found.merged_into_id, session=session)
    return _view(found, session=session)


def account_of(email: str, *, session: Session) -> PersonView:
    """The account of this very address, also where it was merged into another one.

    Raises
    ------
    EmailInvalid, PersonNotFound
    """
    return _view(_with_address(email, session=session), session=session)


def _with_address(email: str, *, session: Session) -> Person:
    found = session.scalar(select(Person).where(Person.email == normalise_email(email)))
    if found is None:
        raise PersonNotFound(email)
    return found


def merged_into(person_id: UUID, *, session: Session) -> tuple[PersonView, ...]:
    """The closed accounts of the same person, by address."""
    query = select(Person).where(Person.merged_into_id == person_id).order_by(Person.email)
    return tuple(_view(found, session=session) for found in session.scalars(query))


def has_held_a_role(person_id: UUID, *, session: Session) -> bool:
    """Whether the person holds a role or ever did."""
    given = select(AuditEntry.sequence).where(AuditEntry.kind == "role.grant", AuditEntry.subject == str(person_id))
    return bool(roles_of(person_id, session=session)) or session.scalar(given.limit(1)) is not None


def role_held_since(person_id: UUID, role: str, *, session: Session) -> datetime | None:
    """When the person was given the role they hold; None where they do not hold it."""
    grant = session.get(RoleGrant, (person_id, role))
    return grant.granted_at if grant is not None else None


def is_same_person(one: UUID, other: UUID, *, session: Session) -> bool:
    """Whether both accounts are one person's as far as can be told: one account, or two that read one mailbox.

    Asked wherever a rule wants two people, or somebody whom it does not concern: a second account is quickly had.
    """
    if one == other:
        return True
    emails = session.scalars(select(Person.email).where(Person.id.in_((one, other)))).all()
    return len(emails) > 1 and is_same_mailbox(*emails)


def people(*, session: Session) -> tuple[PersonView, ...]:
    """Everyone, by address."""
    return tuple(_view(found, session=session) for found in session.scalars(select(Person).order_by(Person.email)))


def ids_of_people(*, session: Session) -> tuple[UUID, ...]:
    """Everybody's; accounts that were merged into another are no people of their own."""
    return tuple(session.scalars(select(Person.id).where(Person.merged_into_id.is_(None)).order_by(Person.id)))


def holders_of(roles: Collection[str], *, session: Session) -> tuple[PersonView, ...]:
    """Whoever holds one of these roles, by address."""
    holds = select(RoleGrant.person_id).where(RoleGrant.role.in_(roles))
    query = select(Person).where(Person.id.in_(holds)).order_by(Person.email)
    return tuple(_view(found, session=session) for found in session.scalars(query))


def _view(found: Person, *, session: Session) -> PersonView:
    roles = roles_of(found.id, session=session)
    return PersonView(found.id, found.email, found.display_name, found.language, roles, found.has_joined)


def lineage_of(person_id: UUID, *, session: Session) -> UUID | None:
    """What tells that the person's address had an account before; None for everybody else."""
    return lineage.lineage_of(person_id, session=session)


def is_adult(person_id: UUID, *, session: Session) -> bool:
    """Whether the person has said they are 18 or over."""
    found = session.get(Person, person_id)
    return found is not None and found.has_joined


def has_consent(person_id: UUID, kind: str, *, session: Session) -> bool:
    """Whether a consent to today's text of this kind stands."""
    offer = offer_of(kind)
    if offer is None:
        return False
    found = session.execute(_standing_consent(), {"person_id": person_id, "kind": kind, "version": offer.version})
    return found.first() is not None


@cache
def _standing_consent() -> Select[Any]:
    consent = table_of(Consent).c
    of_person = (consent.person_id == bindparam("person_id"), consent.kind == bindparam("kind"))
    stands = (consent.version == bindparam("version"), consent.withdrawn_at.is_(None))
    return select(consent.id).where(*of_person, *stands)


def holds_staff_role(person_id: UUID, *, session: Session) -> bool:
    """Whether the person holds, at this moment, a role that lets them try things out."""
    return is_staff(roles_of(person_id, session=session))


def may_enter_norm(person_id: UUID, *, session: Session) -> bool:
    """Whether the person has consented to norm use, is no staff who could try things out, and is not restricted.

    Who was staff when a sitting began is asked of the sitting (`norming_rows.usable`).
    """
    if holds_staff_role(person_id, session=session) or standing(person_id, session=session) is not None:
        return False
    return has_consent(person_id, NORM_USE, session=session)


def consents_of(person_id: UUID, *, session: Session) -> tuple[ConsentView, ...]:
    """Every consent on offer, each with the instant it was given if it stands."""
    query = select(Consent).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
    standing = {(row.kind, row.version): row.given_at for row in session.scalars(query)}
    return tuple(ConsentView(offer, standing.get((offer.kind, offer.version))) for offer in OFFERS)


def sessions_of(person_id: UUID, *, token: str | None, session: Session, at: datetime) -> tuple[SessionView, ...]:
    """A person's open sign-ins, the one holding `token` marked, the latest used first."""
    query = (
        select(BrowserSession)
        .where(
            BrowserSession.person_id == person_id,
            BrowserSession.expires_at > at,
            BrowserSession.idle_until_at > at,
        )
        .order_by(BrowserSession.used_at.desc(), BrowserSession.id)
    )
    own = hash_of(token) if token else None
    return tuple(
        SessionView(row.id, row.device, row.opened_at, row.used_at, row.token_hash == own)
        for row in session.scalars(query)
    )


def roles_without_record(*, session: Session) -> tuple[str, ...]:
    """Roles held although the audit record does not end with their being given: person and role."""
    kinds = {"role.grant": True, "role.revoke": False}
    query = select(AuditEntry.kind, AuditEntry.subject, AuditEntry.detail).where(AuditEntry.kind.in_(kinds))
    held: dict[tuple[str, str], bool] = {}
    for kind, subject, detail in session.execute(query.order_by(AuditEntry.sequence)):
        held[subject, detail["role"]] = kinds[kind]
    rows = session.scalars(select(RoleGrant))
    return tuple(f"{row.role} of {row.person_id}" for row in rows if not held.get((str(row.person_id), row.role)))
