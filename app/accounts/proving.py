"""The step that link and code share: spend the request once, then let its owner in or ask them to join."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser, open_session, roles_of
from app.accounts.errors import LinkUsed
from app.accounts.models import BrowserSession, Person, SignInRequest
from app.accounts.outcomes import JoinNeeded, SignedIn
from app.accounts.policy import AccountPolicy
from app.accounts.restrictions import hold_accounts
from app.accounts.roles import is_staff
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.entropy import Entropy
from app.foundation.links import LinkExpired


def locked_request(request_id: UUID, *, session: Session, at: datetime) -> SignInRequest:
    """An open request, locked: whoever comes at the same time waits here, then finds it spent."""
    hold_owner(request_id, session=session)
    request = session.get(SignInRequest, request_id, with_for_update=True)
    if request is None or request.expires_at <= at:
        raise LinkExpired
    if request.consumed_at is not None:
        raise LinkUsed
    return request


def hold_owner(request_id: UUID, *, session: Session) -> None:
    """Hold the account whose address the request proves, before the row: who closes or erases it takes them so.

    For an address that nobody has the request's own id is held: the work must not tell who is known.
    """
    of_request = select(Person.id).join(SignInRequest, SignInRequest.email == Person.email)
    owner_id = session.scalar(of_request.where(SignInRequest.id == request_id))
    hold_accounts(owner_id or request_id, session=session)


def spend(
    request: SignInRequest,
    *,
    method: str,
    browser: Browser,
    session: Session,
    at: datetime,
    entropy: Entropy,
    policy: AccountPolicy,
) -> SignedIn | JoinNeeded:
    """Use the request up. The row is locked by `locked_request`, so this happens once."""
    request.consumed_at = at
    person = session.scalar(select(Person).where(Person.email == request.email))
    if person is None or not person.has_joined:
        return JoinNeeded(request.id)
    return let_in(
        person, request, method=method, browser=browser, session=session, at=at, entropy=entropy, policy=policy
    )


def let_in(
    person: Person,
    request: SignInRequest,
    *,
    method: str,
    browser: Browser,
    session: Session,
    at: datetime,
    entropy: Entropy,
    policy: AccountPolicy,
) -> SignedIn:
    """Close the request with a sign-in of its owner.

    Raises
    ------
    LinkExpired
        The sign-in that made the link has ended.
    """
    request.closed_at = at
    token = open_session(
        person.id,
        browser=browser,
        proven_at=_proven_before(request, session=session, at=at),
        session=session,
        at=at,
        entropy=entropy,
        policy=policy,
    )
    actor = Actor(person.id, "person")
    audit.record("person.signed-in", person.id, actor=actor, at=at, session=session, detail={"method": method})
    staff = is_staff(roles_of(person.id, session=session))
    return SignedIn(token, person.id, needs_second_factor=staff, return_path=request.return_path)


def _proven_before(request: SignInRequest, *, session: Session, at: datetime) -> datetime | None:
    """None where the mail was read for it just now; behind a device's link, when they signed in over there."""
    if request.browser_session_id is None:
        return None
    made_in = session.get(BrowserSession, request.browser_session_id)
    if made_in is None or not made_in.is_open(at=at):
        raise LinkExpired
    return made_in.signed_in_at
