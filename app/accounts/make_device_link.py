"""Somebody who is signed in lets another device of theirs in, once and within minutes: a link to photograph."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.models import Person, SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.rules import safe_path
from app.accounts.sign_in_secrets import link_path
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.links import Links


@dataclass(frozen=True, slots=True)
class DeviceLink:
    """A path that holds a secret for `minutes`, and the id by which one asks whether it was used."""

    request_id: UUID
    path: str
    minutes: int


def make_device_link(
    person_id: UUID, return_path: str, *, session: Session, clock: Clock, entropy: Entropy, links: Links
) -> DeviceLink:
    """A link that signs the person in on one other device and leads to `return_path`.

    It is the link of a sign-in mail that is shown instead of sent: opening it consumes nothing, its button works
    once, and staff still show their second factor over there.
    """
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    person = session.get_one(Person, person_id)
    request = SignInRequest(
        id=entropy.uuid(),
        email=person.email,
        language=person.language,
        return_path=safe_path(return_path),
        asked_at=now,
        expires_at=now + timedelta(minutes=policy.device_link_lifetime_minutes),
        is_mailed=False,
    )
    session.add(request)
    session.flush()
    audit.record("sign-in.device-link-made", person_id, actor=Actor(person_id, "person"), at=now, session=session)
    return DeviceLink(request.id, link_path(request.id, links=links), policy.device_link_lifetime_minutes)
