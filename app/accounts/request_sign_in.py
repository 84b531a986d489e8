"""Somebody wants to be let in by e-mail. Known or unknown, an address gets the same answer after the same work."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.inserting import insert_if_absent
from app.accounts.mail_shares import Asker, may_mail, share_names
from app.accounts.models import SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.rules import mail_slot, normalise_email, require_language
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.links import Links
from app.foundation.own_paths import safe_path

MAIL_JOB = "send_sign_in_mail"


def request_sign_in(
    email: str,
    language: str,
    *,
    return_path: str = "/",
    asker: Asker,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    links: Links,
) -> UUID:
    """Note the request and have its mail sent. Whether the address is known is not even looked up here.

    Asked again within a minute, and from any browser, it is the same request: one mail, and its code works
    in each browser that asked.
    """
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    address = normalise_email(email)
    names = share_names(address, asker, links=links)
    request = SignInRequest(
        id=entropy.uuid(),
        email=address,
        language=require_language(language),
        return_path=safe_path(return_path),
        mail_slot=mail_slot(now, policy),
        asked_at=now,
        expires_at=now + timedelta(minutes=policy.link_lifetime_minutes),
        is_mailed=may_mail(address, asker, names, session=session, at=now, policy=policy),
        asked_from=names[0],
    )
    while not insert_if_absent(request, session=session):
        found = _open_request(request, session=session)
        if found is not None:
            return _joined(found, request, session=session, jobs=jobs)
        # It was spent between the two statements, so the place is free again.
    if request.is_mailed:
        _have_mailed(request, session=session, jobs=jobs)
    return request.id


def _joined(found: SignInRequest, asked: SignInRequest, *, session: Session, jobs: Jobs) -> UUID:
    """Somebody whose share was spent may have asked first: that must not keep the mail from whoever asks now."""
    if asked.is_mailed and not found.is_mailed:
        found.is_mailed, found.asked_from = True, asked.asked_from
        _have_mailed(found, session=session, jobs=jobs)
    return found.id


def _have_mailed(request: SignInRequest, *, session: Session, jobs: Jobs) -> None:
    key, arguments = f"mail:sign-in:{request.id}", {"request_id": str(request.id)}
    jobs.enqueue(MAIL_JOB, key, session=session, arguments=arguments)


def _open_request(request: SignInRequest, *, session: Session) -> SignInRequest | None:
    query = select(SignInRequest).where(
        SignInRequest.email == request.email,
        SignInRequest.mail_slot == request.mail_slot,
        SignInRequest.consumed_at.is_(None),
    )
    return session.scalar(query.with_for_update())
