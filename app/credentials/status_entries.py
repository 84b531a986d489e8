"""Free entries of the status lists, drawn at random: in sequence they would tell order and volume."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.credentials import status_list
from app.credentials.errors import EntryTaken
from app.credentials.models import Credential, ErasedCredential, StatusList, WithdrawnSignature
from app.credentials.policy import CredentialPolicy
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs

Entry = tuple[int, int]  # the list's number, and the place in it
HOLDERS = (Credential, WithdrawnSignature, ErasedCredential)  # whose rows name entries that are used


def free_entries(
    count: int, policy: CredentialPolicy, *, session: Session, entropy: Entropy, jobs: Jobs
) -> list[Entry]:
    """`count` different entries (list, index) that nothing was ever signed with. The newest list stays locked."""
    current = session.scalar(select(StatusList).order_by(StatusList.number.desc()).limit(1).with_for_update())
    room = _room(current.number, policy, session=session) if current else 0
    found: list[Entry] = []
    while len(found) < count:
        if current is None or room <= 0:
            current = _begin_list(current.number + 1 if current else 1, session=session, jobs=jobs)
            room = _room(current.number, policy, session=session)
        drawn = _draw(current.number, min(room, count - len(found)), session=session, entropy=entropy)
        found.extend((current.number, index) for index in drawn)
        room -= len(drawn)
    return found


def entry_that_looks_free(policy: CredentialPolicy, *, session: Session, entropy: Entropy) -> Entry | None:
    """An entry of the newest list, drawn without holding it: counting what is used takes longer with each that is.

    None where there is no list with room; `free_entries` begins one.
    """
    number = session.scalar(select(StatusList.number).order_by(StatusList.number.desc()).limit(1))
    if number is None or _room(number, policy, session=session) <= 0:
        return None
    (index,) = _draw(number, 1, session=session, entropy=entropy)
    return number, index


def hold_entry(entry: Entry, *, session: Session) -> None:
    """Hold the entry's list to the end of the transaction.

    Raises
    ------
    EntryTaken
        If somebody else drew it too and was faster.
    """
    number, index = entry
    session.scalar(select(StatusList.number).where(StatusList.number == number).with_for_update())
    if _taken(number, {index}, session=session):
        raise EntryTaken(number, index)


def _draw(number: int, wanted: int, *, session: Session, entropy: Entropy) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < wanted:
        drawn = {entropy.bits(status_list.INDEX_BITS) for _ in range(wanted - len(chosen))}
        free = drawn - _taken(number, drawn, session=session) - set(chosen)
        chosen.extend(sorted(free, key=lambda _index: entropy.bits(32)))  # a set has an order that tells something
    return chosen


def _taken(number: int, indices: set[int], *, session: Session) -> set[int]:
    return {
        index
        for holder in HOLDERS
        for index in session.scalars(
            select(holder.status_index).where(holder.status_list == number, holder.status_index.in_(indices))
        )
    }


def _room(number: int, policy: CredentialPolicy, *, session: Session) -> int:
    used = sum(
        session.scalar(select(func.count()).select_from(holder).where(holder.status_list == number)) or 0
        for holder in HOLDERS
    )
    return int(policy.status_list_share * status_list.ENTRIES) - used


def _begin_list(number: int, *, session: Session, jobs: Jobs) -> StatusList:
    row = StatusList(number=number)
    session.add(row)
    session.flush()
    jobs.enqueue("publish_status_list", f"status:{number}:1", session=session, arguments={"number": number})
    return row
