"""A person calls one of their passkeys by another name."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.errors import NameInvalid, PasskeyNotFound
from app.accounts.models import Passkey
from app.accounts.rules import LONGEST_NAME, tidy_name
from app.foundation.access import Actor


def rename_passkey(passkey_id: UUID, label: str, *, session: Session, actor: Actor) -> None:
    """Store the name, if the passkey is the actor's own; somebody else's is answered like one that does not exist."""
    name = tidy_name(label)
    if name is None:
        raise NameInvalid(LONGEST_NAME)
    renamed = session.scalar(
        update(Passkey)
        .where(Passkey.id == passkey_id, Passkey.person_id == actor.person_id)
        .values(label=name)
        .returning(Passkey.id)
    )
    if renamed is None:
        raise PasskeyNotFound
