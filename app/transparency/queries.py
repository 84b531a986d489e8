"""Reading the log: checkpoint, tiles, proofs, and whether it fits together. Nothing here changes anything."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.audit import BEGINNING, Head
from app.transparency import merkle, note
from app.transparency.errors import LogBroken, NoCheckpoint, TileNotFound
from app.transparency.models import LogCheckpoint, LogEntry

TILE = 256
ISSUES = ("issue", "reissue")
SEAL = "audit"
TAKEN_BACK = "published:"  # before the number, where a restore knows no subject any more
HIGHEST_LEVEL = 5  # 2 ** 48 entries


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """The latest checkpoint."""

    size: int
    note: str
    verifier_key: str


@dataclass(frozen=True, slots=True)
class Place:
    """The number of an entry, and the size of the signed tree it stands in."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class LoggedIssue:
    """What the log says of an issue: when, and at which number; None while it is under no signed checkpoint."""

    at: datetime
    number: int | None


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry stands in the log under a signed checkpoint, and what its commitment was made of."""

    checkpoint: CheckpointView
    number: int
    entry: str
    salt: str | None
    path: tuple[bytes, ...]


def checkpoint(*, session: Session) -> CheckpointView:
    """The latest signed one.

    Raises
    ------
    NoCheckpoint
    """
    row = session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))
    if row is None:
        raise NoCheckpoint
    return CheckpointView(row.size, row.note, row.verifier_key)


def verifier_keys(*, session: Session) -> tuple[str, ...]:
    """Every key that ever signed a checkpoint."""
    return tuple(session.scalars(select(LogCheckpoint.verifier_key).distinct()))


def hash_tile(level: int, number: int, width: int, *, session: Session) -> bytes:
    """`width` hashes of a tile of this level, one after the other.

    Raises
    ------
    TileNotFound, NoCheckpoint
    """
    if not 0 <= level <= HIGHEST_LEVEL:
        raise TileNotFound
    span = TILE**level
    first = number * TILE * span
    _require(first + width * span, session=session)
    hashes = _hashes(first, first + width * span, session=session)
    return b"".join(merkle.root(hashes[start : start + span]) for start in range(0, len(hashes), span))


def entry_tile(number: int, width: int, *, session: Session) -> bytes:
    """`width` entries, each after its length in two bytes (C2SP tlog-tiles)."""
    first = number * TILE
    _require(first + width, session=session)
    query = select(LogEntry.entry).where(LogEntry.number >= first, LogEntry.number < first + width)
    texts = [entry.encode() for entry in session.scalars(query.order_by(LogEntry.number))]
    return b"".join(struct.pack(">H", len(text)) + text for text in texts)


_ISSUED = select(  # asked with every look at a certificate, and so written once
    LogEntry.subject, LogEntry.number, select(func.max(LogCheckpoint.size)).scalar_subquery().label("size")
).where(
    LogEntry.kind.in_(ISSUES), LogEntry.subject.in_(bindparam("subjects", expanding=True)), LogEntry.number.is_not(None)
)


def place_of(subjects: Sequence[str], *, session: Session) -> Place | None:
    """Where the entry of an issue stands, the first of these subjects that has one; None while it waits.

    What is older than the log was never written to it.
    """
    found = {row.subject: row for row in session.execute(_ISSUED, {"subjects": list(subjects)})}
    first = next((found[subject] for subject in subjects if subject in found), None)
    return Place(first.number, first.size) if first is not None and first.number < (first.size or 0) else None


def issue_of(subjects: Sequence[str], *, session: Session) -> LoggedIssue | None:
    """The first entry of an issue that is about one of these subjects; None where there is none."""
    query = select(LogEntry.at).where(LogEntry.kind.in_(ISSUES), LogEntry.subject.in_(subjects))
    at = session.scalar(query.order_by(LogEntry.at).limit(1))
    place = place_of(subjects, session=session)
    return LoggedIssue(at, place.number if place else None) if at is not None else None


def proof_at(place: Place, *, session: Session) -> Proof:
    """The proof of the entry at a place."""
    row = session.scalars(select(LogEntry).where(LogEntry.number == place.number)).one()
    latest = checkpoint(session=session)
    path = merkle.inclusion_path(place.number, _hashes(0, latest.size, session=session))
    return Proof(latest, place.number, row.entry, row.salt, tuple(path))


def entries(kind: str, *, session: Session) -> tuple[Mapping[str, Any], ...]:
    """What the entries of a kind say, in order of their instants."""
    query = select(LogEntry.entry).where(LogEntry.kind == kind).order_by(LogEntry.at, LogEntry.id)
    return tuple(json.loads(text) for text in session.scalars(query))


def numbered_through(kind: str, *, session: Session) -> int:
    """One more than the number of the last numbered entry of a kind; 0 where there is none."""
    last = session.scalar(select(func.max(LogEntry.number)).where(LogEntry.kind == kind))
    return 0 if last is None else last + 1


def numbered(kind: str, *, since: datetime, session: Session) -> tuple[tuple[int, Mapping[str, Any]], ...]:
    """What the numbered entries of a kind written since then say, each with its number, in their order."""
    query = select(LogEntry.number, LogEntry.entry).where(
        LogEntry.kind == kind, LogEntry.number.is_not(None), LogEntry.at >= since
    )
    rows = session.execute(query.order_by(LogEntry.number))
    return tuple((number, json.loads(text)) for number, text in rows if number is not None)


def unsigned(kind: str, *, session: Session) -> tuple[Mapping[str, Any], ...]:
    """What those entries of a kind say that stand under no signed checkpoint yet."""
    size = select(func.coalesce(func.max(LogCheckpoint.size), 0)).scalar_subquery()
    query = select(LogEntry.entry).where(LogEntry.kind == kind, or_(LogEntry.number.is_(None), LogEntry.number >= size))
    return tuple(json.loads(text) for text in session.scalars(query.order_by(LogEntry.at, LogEntry.id)))


def commitment_of(kind: str, subject: object, *, session: Session) -> str | None:
    """What the entry about this subject commits to, by which another entry can name it; None where there is none."""
    query = select(LogEntry.entry).where(LogEntry.kind == kind, LogEntry.subject == str(subject))
    text = session.scalar(query)
    return json.loads(text)["commitment"] if text is not None else None


def replaced_meanwhile(*, session: Session) -> dict[str, str]:
    """By the commitment of an issue, the one that stands in its place, as entries tell that a restore took back."""
    query = select(LogEntry.entry).where(LogEntry.kind == "reissue", LogEntry.subject.startswith(TAKEN_BACK))
    told = [json.loads(text) for text in session.scalars(query)]
    return {one["replaces"]: one["commitment"] for one in told if "replaces" in one}


def verify(*, session: Session) -> CheckpointView:
    """Recompute everything: each entry's hash, the tree of every checkpoint, each signature.

    Raises
    ------
    LogBroken
        Naming the place.
    NoCheckpoint
    """
    rows = session.scalars(select(LogEntry).where(LogEntry.number.is_not(None)).order_by(LogEntry.number)).all()
    for number, row in enumerate(rows):
        if row.number != number:
            raise LogBroken(f"entry {number}", "it is missing")
        if row.leaf_hash != merkle.leaf_hash(row.entry.encode()):
            raise LogBroken(f"entry {number}", "its text and its hash do not match")
    hashes = [row.leaf_hash for row in rows if row.leaf_hash is not None]
    for signed in session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size)):
        said = note.read(signed.note, signed.verifier_key)
        if said.size > len(hashes):
            raise LogBroken(f"checkpoint {said.size}", f"there are only {len(hashes)} entries")
        if said.root != merkle.root(hashes[: said.size]) or said.root != signed.root:
            raise LogBroken(f"checkpoint {said.size}", "its root is not that of the entries")
    return checkpoint(session=session)


def last_seal(*, session: Session) -> Head:
    """The head of the audit record that was sealed last."""
    return max((seal.head for seal in _seals(session)), key=lambda head: head.sequence, default=BEGINNING)


def verify_audit(*, session: Session) -> Head:
    """Recompute the audit record against every seal of it.

    Raises
    ------
    LogBroken
        Naming the stretch that is not what was sealed.
    """
    reached = BEGINNING
    for seal in sorted(_seals(session), key=lambda seal: seal.head.sequence):
        stretch = f"entries {reached.sequence + 1} to {seal.head.sequence} of the audit record"
        if seal.previous != reached.sha256:
            raise LogBroken(stretch, "the seal before them is another")
        if audit.head_through(seal.head.sequence, after=reached, session=session) != seal.head:
            raise LogBroken(stretch, "they are not those that were sealed")
        reached = seal.head
    return reached


@dataclass(frozen=True, slots=True)
class _Seal:
    previous: str
    head: Head


def _seals(session: Session) -> list[_Seal]:
    """Those of the record that is here. Of what a restore brought back nobody knows any more how far it reached."""
    query = select(LogEntry.subject, LogEntry.entry).where(LogEntry.kind == SEAL)
    rows = [(subject, json.loads(entry)) for subject, entry in session.execute(query) if subject.isdecimal()]
    return [_Seal(told["previous"], Head(int(subject), told["head"])) for subject, told in rows]


def subjects(kind: str, *, session: Session) -> frozenset[str]:
    """What the entries of a kind are about, for us alone."""
    return frozenset(session.scalars(select(LogEntry.subject).where(LogEntry.kind == kind)))


def began_at(*, session: Session) -> datetime | None:
    """When the first entry was written; what is older was never logged."""
    return session.scalar(select(func.min(LogEntry.at)))


def holds(size: int, root: bytes, *, session: Session) -> bool:
    """Whether the log here still holds the tree that was signed with this size and root. `verify` looks deeper."""
    if size == 0:
        return True
    signed = session.get(LogCheckpoint, size)
    if signed is not None:
        return signed.root == root
    hashes = _hashes(0, size, session=session)
    return len(hashes) == size and merkle.root(hashes) == root


def _require(size: int, *, session: Session) -> None:
    if size > checkpoint(session=session).size:
        raise TileNotFound


def _hashes(first: int, end: int, *, session: Session) -> list[bytes]:
    query = select(LogEntry.leaf_hash).where(LogEntry.number >= first, LogEntry.number < end).order_by(LogEntry.number)
    return [found for found in session.scalars(query) if found is not None]
