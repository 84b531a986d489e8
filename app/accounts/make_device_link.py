"""Somebody who is signed in lets another device of theirs in, once and within minutes: a link to photograph."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of
from app.accounts.models import BrowserSession, Person, SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.sign_in_secrets import link_path
from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.links import Links
from app.foundation.own_paths import safe_path


@dataclass(frozen=True, slots=True)
class DeviceLink:
    """A path that holds a secret for `minutes`, and the id by which one asks whether it was used."""

    request_id: UUID
    path: str
    minutes: int


def make_device_link(
    browser_token: str | None,
    return_path: str,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
) -> DeviceLink:
    """A link that signs whoever holds `browser_token` in on one other device and leads to `return_path`.

    It is the link of a sign-in mail that is shown instead of sent: opening it consumes nothing, its button works
    once, and staff still show their second factor over there. It proves nothing anew, because no mail was read for it:
    the sign-in over there is as old as the one here, and none comes of it once that one has ended.

    Raises
    ------
    SignInNeeded
    """
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    made_in = session.scalar(select(BrowserSession).where(BrowserSession.token_hash == hash_of(browser_token or "")))
    if made_in is None:
        raise SignInNeeded
    person = session.get_one(Person, made_in.person_id)
    request = SignInRequest(
        id=entropy.uuid(),
        email=person.email,
        language=person.language,
        return_path=safe_path(return_path),
        asked_at=now,
        expires_at=now + timedelta(minutes=policy.device_link_lifetime_minutes),
        is_mailed=False,
        browser_session_id=made_in.id,
    )
    session.add(request)
    session.flush()
    audit.record("sign-in.device-link-made", person.id, actor=Actor(person.id, "person"), at=now, session=session)
    return DeviceLink(request.id, link_path(request.id, links=links), policy.device_link_lifetime_minutes)
