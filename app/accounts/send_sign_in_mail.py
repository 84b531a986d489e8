"""Job: the message with link and code goes out, to the normalised address, in the person's language."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.mail_texts import SIGN_IN
from app.accounts.models import Person, SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.sign_in_secrets import code_of, link_path
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.foundation.mail import Mailer, Message


def send_sign_in_mail(
    request_id: UUID, *, base_url: str, session: Session, clock: Clock, links: Links, mailer: Mailer
) -> None:
    """Send it. Run again, it sends the same message under the same key; too late or spent, it sends nothing."""
    now = clock.now()
    request = session.get(SignInRequest, request_id)
    if request is None or request.consumed_at is not None or request.expires_at <= now:
        return
    policy = policies.current(AccountPolicy, session=session, at=now)
    text = SIGN_IN[_language_for(request, session=session)]
    code = code_of(request.id, links=links)
    body = text.body.format(
        code=code,
        link=base_url + link_path(request.id, links=links),
        minutes=policy.link_lifetime_minutes,
        base_url=base_url,
    )
    mailer.send(Message(request.email, text.subject.format(code=code), body, key=f"sign-in:{request.id}"))


def _language_for(request: SignInRequest, *, session: Session) -> str:
    known = session.scalar(
        select(Person.language).where(Person.email == request.email, Person.adult_confirmed_at.is_not(None))
    )
    return known or request.language
