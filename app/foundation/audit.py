"""Append-only record of who did what to which thing. Triggers refuse to change or delete a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, event, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import DDL

from app.foundation.access import Actor
from app.foundation.db import Base


class AuditEntry(Base):
    """One act. Holds ids and numbers, never names or addresses."""

    __tablename__ = "audit_entry"

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
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


def _kind_of(actor: Actor) -> str:
    return "person" if actor.is_signed_in else actor.name
