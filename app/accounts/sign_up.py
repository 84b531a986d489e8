"""The owner of a proven address joins: an adult, in a language of theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser
from app.accounts.errors import AdultsOnly, JoinExpired
from app.accounts.inserting import insert_if_absent
from app.accounts.lineage import lineage_left_by
from app.accounts.models import Person, SignInRequest
from app.accounts.outcomes import SignedIn
from app.accounts.policy import AccountPolicy
from app.accounts.proving import hold_owner, let_in
from app.accounts.restrictions import hold_accounts
from app.accounts.rules import require_language
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.links import Links


def sign_up(
    request_id: UUID,
    *,
    is_adult: bool,
    language: str,
    browser: Browser,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
) -> SignedIn:
    """Take the person in and sign them in. However many come at once with one address, there is one account."""
    if not is_adult:
        raise AdultsOnly
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    request = _proven_request(request_id, session=session, at=now, policy=policy)
    person = _person_with(request.email, session=session, at=now, entropy=entropy)
    if not person.has_joined:
        person.join(language=require_language(language), at=now)
        person.lineage_id = lineage_left_by(person.email, session=session, links=links)
        audit.record("person.joined", person.id, actor=Actor(person.id, "person"), at=now, session=session)
    return let_in(
        person, request, method="joining", browser=browser, session=session, at=now, entropy=entropy, policy=policy
    )


def _proven_request(request_id: UUID, *, session: Session, at: datetime, policy: AccountPolicy) -> SignInRequest:
    hold_owner(request_id, session=session)
    request = session.get(SignInRequest, request_id, with_for_update=True)
    lifetime = timedelta(minutes=policy.join_lifetime_minutes)
    if request is None or request.closed_at is not None:
        raise JoinExpired
    if request.consumed_at is None or request.consumed_at + lifetime <= at:
        raise JoinExpired
    return request


def _person_with(email: str, *, session: Session, at: datetime, entropy: Entropy) -> Person:
    insert_if_absent(Person(id=entropy.uuid(), email=email, language="en", known_since_at=at), session=session)
    person_id = session.scalars(select(Person.id).where(Person.email == email)).one()
    hold_accounts(person_id, session=session)
    return session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
