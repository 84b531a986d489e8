"""An account that was merged into another one of the same person is closed, and lets nobody in.

Its address stays known, so that nobody joins anew with it. It opens nothing: whoever reads that mailbox by now need not
be who read it then.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.errors import AccountClosed, AccountMerged
from app.accounts.models import Person


def require_unmerged(person_id: UUID, *, session: Session) -> None:
    """Raise `AccountMerged` where the account was closed for another one of the same person."""
    if is_merged(person_id, session=session):
        raise AccountMerged


def require_not_closed(person: Person, *, session: Session) -> None:
    """Raise `AccountClosed`, which names the one that stays: for operators, who see both."""
    if person.merged_into_id is not None:
        raise AccountClosed(person.email, session.get_one(Person, person.merged_into_id).email)


def is_merged(person_id: UUID, *, session: Session) -> bool:
    """Whether it was."""
    return session.scalar(select(Person.merged_into_id).where(Person.id == person_id)) is not None
