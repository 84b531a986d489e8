"""Who may apply what another asked for: not the first person, not their other account, not somebody made for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.roles import Role
from app.foundation.access import Actor, SignInNeeded
from app.reviews.errors import SecondPersonNeeded


def require_second_person(actor: Actor, first: UUID, role: Role, *, acted_at: datetime, session: Session) -> UUID:
    """The id of the person behind `actor`, who applies what `first` asked for at `acted_at`.

    Raises
    ------
    SecondPersonNeeded
        If both are one person, the second was given the role only after the first acted, or both read one mailbox.
    """
    if actor.person_id is None:
        raise SignInNeeded
    held_since = accounts.role_held_since(actor.person_id, role, session=session)
    if held_since is None or held_since > acted_at:
        raise SecondPersonNeeded
    if accounts.is_same_person(actor.person_id, first, session=session):
        raise SecondPersonNeeded
    return actor.person_id
