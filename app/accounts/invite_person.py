"""An operator names an address before its owner has joined."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.inserting import insert_if_absent
from app.accounts.models import Person
from app.accounts.rules import normalise_email
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy


def invite_person(email: str, *, session: Session, clock: Clock, entropy: Entropy) -> UUID:
    """The person with this address, noted now if need be. Nobody has joined by it: that takes their own word."""
    address = normalise_email(email)
    invited = Person(id=entropy.uuid(), email=address, language="en", known_since_at=clock.now())
    insert_if_absent(invited, session=session)
    return session.scalars(select(Person.id).where(Person.email == address)).one()
