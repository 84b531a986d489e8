"""Which second factor a person has or is setting up, and how fresh it was shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import pyotp
import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.errors import SecondFactorMissing
from app.accounts.models import Passkey, Person, SecondFactor
from app.accounts.queries import policy
from app.accounts.rules import is_fresh
from app.accounts.sealing import unseal
from app.foundation.access import Actor
from app.foundation.links import Links

ISSUER = "Decile"  # the name an authenticator app shows


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: to photograph, or to type."""

    secret: str
    qr_data_uri: str


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """One passkey as its owner sees it."""

    id: UUID
    label: str
    added_at: datetime
    used_at: datetime | None
    is_suspended: bool


class FactorState(StrEnum):
    """How far a person is with their second factor."""

    ABSENT = "absent"
    ENROLLED = "enrolled"
    CONFIRMED = "confirmed"


def passkeys_of(person_id: UUID, *, session: Session) -> tuple[PasskeyView, ...]:
    """A person's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.added_at, Passkey.id)
    return tuple(
        PasskeyView(row.id, row.label, row.added_at, row.used_at, row.suspended_at is not None)
        for row in session.scalars(query)
    )


def has_fresh_second_factor(actor: Actor, *, session: Session, at: datetime) -> bool:
    """Whether the actor showed their second factor just now."""
    return is_fresh(actor.second_factor_at, at=at, policy=policy(session=session, at=at))


def has_fresh_sign_in(actor: Actor, *, session: Session, at: datetime) -> bool:
    """Whether the actor signed in just now, by whatever means."""
    return is_fresh(actor.signed_in_at, at=at, policy=policy(session=session, at=at))


def factor_state(person_id: UUID, *, session: Session) -> FactorState:
    """How far a person is with their authenticator app."""
    factor = session.get(SecondFactor, person_id)
    if factor is None:
        return FactorState.ABSENT
    return FactorState.ENROLLED if factor.confirmed_at is None else FactorState.CONFIRMED


def enrolment(person_id: UUID, *, session: Session, links: Links) -> Enrolment:
    """The secret of a factor not yet confirmed; a confirmed one is never shown again."""
    factor, owner = session.get(SecondFactor, person_id), session.get(Person, person_id)
    if factor is None or owner is None or factor.confirmed_at is not None:
        raise SecondFactorMissing
    secret = unseal(factor.sealed_secret, person_id=person_id, links=links)
    uri = pyotp.TOTP(secret, name=owner.email, issuer=ISSUER).provisioning_uri()
    return Enrolment(secret, segno.make(uri, micro=False).svg_data_uri(scale=4, light="#fff"))
