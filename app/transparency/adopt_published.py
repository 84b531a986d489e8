"""Use case: after a restore, take back the entries that were published after the backup.

Without them the log would begin to tell another story from the hour of the backup on, and the worker refuses to sign
that. What an entry was about is not in it: the salt behind its commitment was lost with the database.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.transparency import merkle
from app.transparency.errors import LogBroken
from app.transparency.models import LogCheckpoint, LogEntry
from app.transparency.published_copy import PublishedCopy
from app.transparency.queries import TAKEN_BACK


@dataclass(frozen=True, slots=True)
class Adopted:
    """How many entries were unknown here, and how many of them tell of a revocation that was not reversed since."""

    entries: int
    revocations: int
    reversals: int = 0  # of revocations that the backup holds, so that they have to be made again here
    keys: tuple[Mapping[str, Any], ...] = ()  # what they say of the issuer's keys


def adopt_published(copy: PublishedCopy, *, session: Session, clock: Clock) -> Adopted:
    """Number what is published as it was numbered, and add what is not here. A copy older than this log adds nothing.

    Raises
    ------
    LogBroken
        The copy and the log here hold different entries in one place.
    """
    known = session.scalars(select(LogEntry).where(LogEntry.number.is_not(None)).order_by(LogEntry.number)).all()
    for number, (row, text) in enumerate(zip(known, copy.entries, strict=False)):
        if row.number != number or row.entry != text:
            raise LogBroken(f"entry {number}", "the copy of the log holds another")
    waiting = {row.entry: row for row in session.scalars(select(LogEntry).where(LogEntry.number.is_(None)))}
    added: list[LogEntry] = []
    for number, text in enumerate(copy.entries[len(known) :], start=len(known)):
        row = waiting.get(text) or _entry(text, number)
        if text not in waiting:
            session.add(row)
            added.append(row)
        row.number, row.leaf_hash = number, merkle.leaf_hash(text.encode())
    _remember_signature(copy, session=session, clock=clock)
    session.flush()
    return _told_of(added)


def _told_of(added: Sequence[LogEntry]) -> Adopted:
    """Revocations that were reversed since count for nothing: they are not in the lists any more."""
    told = [json.loads(row.entry) for row in added]
    revoked = Counter(one["at"] for one in told if one["kind"] == "revoke")
    reversed_ = Counter(one["of"] for one in told if one["kind"] == "reverse")
    keys = tuple(one for one in told if one["kind"] == "key")
    return Adopted(len(added), (revoked - reversed_).total(), (reversed_ - revoked).total(), keys)


def _entry(text: str, number: int) -> LogEntry:
    told = json.loads(text)
    at = datetime.strptime(told["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return LogEntry(id=uuid4(), kind=told["kind"], subject=f"{TAKEN_BACK}{number}", at=at, entry=text, salt=None)


def _remember_signature(copy: PublishedCopy, *, session: Session, clock: Clock) -> None:
    """So that what comes next must continue it. When it was signed nobody knows any more; it was before now."""
    signed = copy.checkpoint
    if signed.size > (session.scalar(select(func.max(LogCheckpoint.size))) or 0):
        key = copy.verifier_key
        session.add(
            LogCheckpoint(size=signed.size, root=signed.root, note=copy.note, verifier_key=key, signed_at=clock.now())
        )
