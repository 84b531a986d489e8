"""Who may act on a merge of two accounts, and what it takes to ask for one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.rules import is_same_mailbox
from app.foundation.access import Actor, SignInNeeded
from app.privacy.errors import MergeIncomplete, MergeNotFound, MergeNotOpen, OwnMerge
from app.privacy.models import AccountMerge, Evidence

SUFFICES = frozenset({Evidence.WRITTEN, Evidence.IDENTITY, Evidence.MAILBOX})  # any one; the others only beside them


def checked_evidence(named: Collection[str], *emails: str) -> list[str]:
    """What was named, in a fixed order, where it suffices. An accusation is no proof, and neither is a likeness.

    Raises
    ------
    MergeIncomplete
    """
    evidence = [one for one in Evidence if one in set(named)]
    unknown = len(evidence) != len(set(named))
    if unknown or SUFFICES.isdisjoint(evidence):
        raise MergeIncomplete("evidence")
    if Evidence.MAILBOX in evidence and not is_same_mailbox(*emails):
        raise MergeIncomplete("mailbox")
    return [one.value for one in evidence]


def require_unconcerned(actor: Actor, staying_id: UUID, leaving_id: UUID, *, session: Session) -> UUID:
    """The id of the person behind `actor`, who is neither of the two, nor reads a mailbox of theirs.

    Raises
    ------
    SignInNeeded, OwnMerge
    """
    if actor.person_id is None:
        raise SignInNeeded
    for one in (staying_id, leaving_id):
        if accounts.is_same_person(actor.person_id, one, session=session):
            raise OwnMerge
    return actor.person_id


def accounts_of(merge_id: UUID, *, session: Session) -> tuple[UUID, UUID]:
    """The account that stays and the one that leaves; or `MergeNotFound`."""
    both = select(AccountMerge.staying_id, AccountMerge.leaving_id).where(AccountMerge.id == merge_id)
    found = session.execute(both).one_or_none()
    if found is None:
        raise MergeNotFound
    return found.staying_id, found.leaving_id


def open_merge(merge_id: UUID, *, session: Session, at: datetime) -> AccountMerge:
    """The merge, held against others who act on it; or `MergeNotFound`, `MergeNotOpen`."""
    merge = session.get(AccountMerge, merge_id, with_for_update=True)
    if merge is None:
        raise MergeNotFound
    if not merge.is_open(at=at):
        raise MergeNotOpen
    return merge
