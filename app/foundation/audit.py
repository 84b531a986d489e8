"""Append-only record of who did what to which thing. Triggers refuse to change or delete a row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, Row, event, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import DDL

from app.foundation.access import Actor
from app.foundation.db import Base, where


class AuditEntry(Base):
    """One act. Holds ids and numbers, never names or addresses."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_kind", "subject", "kind"),  # or that of kind alone is chosen
        Index("ix_audit_entry_actor", "actor_id", **where("actor_id IS NOT NULL")),
    )

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor: Mapped[str]
    detail: Mapped[dict[str, Any]]


SQLITE_APPEND_ONLY = tuple(
    f"CREATE TRIGGER audit_entry_no_{verb} BEFORE {verb} ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRESQL_APPEND_ONLY = (
    (
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$"
    ),
    (
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    ),
)

for _dialect, _statements in (("sqlite", SQLITE_APPEND_ONLY), ("postgresql", POSTGRESQL_APPEND_ONLY)):
    for _statement in _statements:
        event.listen(
            AuditEntry.__table__,
            "after_create",
            DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect),
        )


def record(
    kind: str,
    subject: object,
    *,
    actor: Actor,
    at: datetime,
    session: Session,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one entry in the caller's transaction, so that an act and its record stand or fall together."""
    entry = AuditEntry(
        at=at, kind=kind, subject=str(subject), actor_id=actor.person_id, actor=_kind_of(actor), detail=detail or {}
    )
    session.add(entry)


def latest(kind: str, *, session: Session) -> datetime | None:
    """When an act of this kind was last recorded; None if it never was."""
    return session.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.kind == kind))


@dataclass(frozen=True, slots=True)
class Head:
    """The record up to an entry: its number, and a hash over it and all before it."""

    sequence: int
    sha256: str


BEGINNING = Head(0, "0" * 64)
ROWS_AT_ONCE = 5000
PATIENCE = "2s"  # others who record something queue behind us for so long


def settled_through(*, session: Session) -> int:
    """Number of an entry below which none can appear any more; the transaction should end at once.

    PostgreSQL gives numbers before it commits, so those who are just recording must be done: nobody records while we
    wait, and if they take long we give up (`OperationalError`). On SQLite there is one writer, and it is us.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT set_config('lock_timeout', :patience, true)"), {"patience": PATIENCE})
        session.execute(text("LOCK TABLE audit_entry IN SHARE MODE"))
    return session.scalar(select(func.max(AuditEntry.sequence))) or 0


def head_through(sequence: int, *, after: Head, session: Session) -> Head:
    """Go on hashing from `after` through this entry, each over the one before it; `after` if there is none between."""
    reached, digest = after.sequence, bytes.fromhex(after.sha256)
    for row in _entries_through(sequence, after=after, session=session):
        told = json.dumps(
            [row.sequence, row.at.isoformat(), row.kind, row.subject, str(row.actor_id), row.actor, row.detail],
            sort_keys=True,
        )
        reached, digest = row.sequence, hashlib.sha256(digest + told.encode()).digest()
    return Head(reached, digest.hex())


def _entries_through(sequence: int, *, after: Head, session: Session) -> Iterator[Row[Any]]:
    """In their order, some thousands at a time. Nothing slips in before the first either, whatever its number."""
    columns = AuditEntry.__table__.columns
    query = select(*columns).where(columns.sequence <= sequence).order_by(columns.sequence).limit(ROWS_AT_ONCE)
    rows = session.execute(query.where(columns.sequence > after.sequence) if after != BEGINNING else query).all()
    while rows:
        yield from rows
        rows = session.execute(query.where(columns.sequence > rows[-1].sequence)).all()


def _kind_of(actor: Actor) -> str:
    return "person" if actor.is_signed_in else actor.name
