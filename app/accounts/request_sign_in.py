"""Somebody wants to be let in by e-mail. Known or unknown, an address gets the same answer after the same work."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import String, func, select
from sqlalchemy.orm import Session

from app.accounts.inserting import insert_if_absent
from app.accounts.models import SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.rules import is_same_mailbox, mail_slot, normalise_email, require_language, undotted_name
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.own_paths import safe_path

MAIL_JOB = "send_sign_in_mail"


def request_sign_in(
    email: str,
    language: str,
    *,
    return_path: str = "/",
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
) -> UUID:
    """Note the request and have its mail sent. Whether the address is known is not even looked up here.

    Asked again within a minute, and from any browser, it is the same request: one mail, and its code works
    in each browser that asked.
    """
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    address = normalise_email(email)
    mailed = _mails_of_the_last_hour(address, session=session, at=now)
    request = SignInRequest(
        id=entropy.uuid(),
        email=address,
        language=require_language(language),
        return_path=safe_path(return_path),
        mail_slot=mail_slot(now, policy),
        asked_at=now,
        expires_at=now + timedelta(minutes=policy.link_lifetime_minutes),
        is_mailed=mailed < policy.mails_per_address_per_hour,
    )
    while not insert_if_absent(request, session=session):
        found = _open_request(request, session=session)
        if found is not None:
            return found
        # It was spent between the two statements, so the place is free again.
    if request.is_mailed:
        key, arguments = f"mail:sign-in:{request.id}", {"request_id": str(request.id)}
        jobs.enqueue(MAIL_JOB, key, session=session, arguments=arguments)
    return request.id


def _mails_of_the_last_hour(email: str, *, session: Session, at: datetime) -> int:
    """To one mailbox, under whatever tag: else a stranger who knows the address invents a new one for each mail."""
    undotted = func.replace(SignInRequest.email, ".", "", type_=String)
    recent = select(SignInRequest.email).where(
        undotted.startswith(undotted_name(email), autoescape=True),  # few; whether it is the same one, the rule says
        SignInRequest.asked_at > at - timedelta(hours=1),
        SignInRequest.is_mailed,
    )
    return sum(is_same_mailbox(email, mailed) for mailed in session.scalars(recent))


def _open_request(request: SignInRequest, *, session: Session) -> UUID | None:
    query = select(SignInRequest.id).where(
        SignInRequest.email == request.email,
        SignInRequest.mail_slot == request.mail_slot,
        SignInRequest.consumed_at.is_(None),
    )
    return session.scalar(query)
