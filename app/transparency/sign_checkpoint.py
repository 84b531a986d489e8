"""Use cases (job of every twenty seconds, worker alone): number what was written since, then sign what is in the log.

Numbering and signing are two transactions: a tree is signed only over numbers that are committed, so that a crash
between the signature and its row is followed by a signature over the same tree or a longer one.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.signing import Signer
from app.transparency import merkle, note
from app.transparency.errors import LogForked
from app.transparency.head import LogHead
from app.transparency.models import LogCheckpoint, LogEntry

AT_ONCE = 5000


def number_entries(*, session: Session) -> int:
    """Give numbers to the entries that have none, in the order of their instants; how many. One worker at a time."""
    last = session.scalar(
        select(LogEntry).where(LogEntry.number.is_not(None)).order_by(LogEntry.number.desc()).limit(1)
    )
    number = last.number + 1 if last is not None and last.number is not None else 0
    waiting = session.scalars(
        select(LogEntry)
        .where(LogEntry.number.is_(None))
        .order_by(LogEntry.at, LogEntry.id)
        .limit(AT_ONCE)
        .with_for_update()
    ).all()
    for entry in waiting:
        entry.number, entry.leaf_hash = number, merkle.leaf_hash(entry.entry.encode())
        number += 1
    session.flush()  # two at once meet at the unique number, and one tries again
    return len(waiting)


def sign_checkpoint(origin: str, *, session: Session, clock: Clock, signer: Signer, head: LogHead) -> None:
    """Sign the tree over all numbered entries, unless it is signed already.

    Raises
    ------
    LogForked
        If the tree does not continue what was signed last, here or in the file beside the keys.
    """
    signed = session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))
    known = {head.read(), (signed.size, signed.root) if signed else (0, b"")}
    count = session.scalar(select(func.count(LogEntry.number))) or 0
    if all(size == count for size, _ in known):
        return  # nothing new: reading every hash each time would be waste
    hashes = _hashes(session)
    for size, root in known:
        if size > len(hashes) or (size and merkle.root(hashes[:size]) != root):
            raise LogForked(size)
    checkpoint = note.Checkpoint(origin, len(hashes), merkle.root(hashes))
    text, vkey = note.sign(checkpoint, signer=signer), note.verifier_key(origin, signer.public_bytes)
    note.read(text, vkey)
    head.write(checkpoint.size, checkpoint.root)
    if signed is not None and signed.size == checkpoint.size:
        return  # the file was lost, and is written again
    session.add(
        LogCheckpoint(size=checkpoint.size, root=checkpoint.root, note=text, verifier_key=vkey, signed_at=clock.now())
    )
    session.flush()


def _hashes(session: Session) -> list[bytes]:
    """Of entry 0 and all that follow it without a gap."""
    query = select(LogEntry.number, LogEntry.leaf_hash).where(LogEntry.number.is_not(None)).order_by(LogEntry.number)
    rows = session.execute(query).all()
    return [leaf for place, (number, leaf) in enumerate(rows) if number == place and leaf is not None]
