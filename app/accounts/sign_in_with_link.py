"""The person pressed the button of the page behind the mailed link."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser
from app.accounts.errors import AskedElsewhere
from app.accounts.models import Person, SignInRequest
from app.accounts.outcomes import JoinNeeded, SignedIn
from app.accounts.policy import AccountPolicy
from app.accounts.proving import locked_request, spend
from app.accounts.sign_in_secrets import request_of_link
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.links import Links


def sign_in_with_link(
    link_token: str,
    *,
    shown: UUID | None,
    asked_here: UUID | None,
    is_confirmed: bool,
    signed_in_as: UUID | None = None,
    browser: Browser,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
) -> SignedIn | JoinNeeded:
    """Let the owner of the mailbox in, once.

    `shown` is the request of the page on which the button was pressed: another link, opened in this browser since, is
    not what the person read and agreed to. `asked_here` is the request this browser made. A link asked for elsewhere
    may have been forwarded, so it is spent only after the person has seen the masked address and confirmed it. Where
    somebody else is signed in in this browser, `signed_in_as`, the record says that they went on: whose link it was
    can then see it.

    Raises
    ------
    LinkInvalid, LinkExpired, LinkUsed
    AskedElsewhere
        Nothing is spent; the page is to be shown for the link that is meant now.
    """
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    request = locked_request(request_of_link(link_token, links=links, policy=policy), session=session, at=now)
    if request.id != shown or (request.id != asked_here and not is_confirmed):
        raise AskedElsewhere
    if request.id != asked_here:
        _note_passed_on(request, signed_in_as, session=session, at=now)
    return spend(request, method="link", browser=browser, session=session, at=now, entropy=entropy, policy=policy)


def _note_passed_on(request: SignInRequest, signed_in_as: UUID | None, *, session: Session, at: datetime) -> None:
    owner_id = session.scalar(select(Person.id).where(Person.email == request.email))
    if signed_in_as is not None and owner_id is not None and owner_id != signed_in_as:
        actor = Actor(signed_in_as, "person")
        audit.record("sign-in.link_used_by_another", owner_id, actor=actor, at=at, session=session)
