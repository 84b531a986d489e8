"""Sign-ins that were asked for and have not happened yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.errors import LinkUsed
from app.accounts.models import Person, SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.rules import mask_email
from app.accounts.sign_in_secrets import request_of_link
from app.foundation import policies
from app.foundation.links import LinkExpired, Links


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """An open request as its page needs it. `email` is for the browser that asked, the mask for any other."""

    id: UUID
    email: str
    masked_email: str


def pending_sign_in(request_id: UUID, *, session: Session, at: datetime) -> PendingSignIn:
    """An open request. Looking consumes nothing.

    Raises
    ------
    LinkExpired, LinkUsed
    """
    request = session.get(SignInRequest, request_id)
    if request is None or request.expires_at <= at:
        raise LinkExpired
    if request.consumed_at is not None:
        raise LinkUsed
    return PendingSignIn(request.id, request.email, mask_email(request.email))


def sign_in_behind_link(token: str, *, session: Session, at: datetime, links: Links) -> PendingSignIn:
    """The open request a mailed link belongs to. Looking consumes nothing.

    Raises
    ------
    LinkInvalid, LinkExpired, LinkUsed
    """
    policy = policies.current(AccountPolicy, session=session, at=at)
    return pending_sign_in(request_of_link(token, links=links, policy=policy), session=session, at=at)


def has_used_device_link(request_id: UUID, person_id: UUID, *, session: Session) -> bool:
    """Whether a device has signed in by this request as this person; of others' requests one learns nothing."""
    query = (
        select(SignInRequest.closed_at)
        .join(Person, Person.email == SignInRequest.email)
        .where(SignInRequest.id == request_id, Person.id == person_id)
    )
    return session.scalar(query) is not None
