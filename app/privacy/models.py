"""Erasures asked for and not carried out yet, and merges of two accounts: rows that go with the person.

Whom an erasure was carried out for stays known by a keyed hash.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base


class Certificates(StrEnum):
    """What becomes of certificates that still run."""

    REVOKE = "revoke"  # they end at once
    KEEP = "keep"  # a bare line of the register stays to their end; the signed file goes on being valid


class ErasureRequest(Base):
    """Somebody asked to be erased; the worker does it."""

    __tablename__ = "erasure_request"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    certificates: Mapped[Certificates]
    asked_at: Mapped[datetime]


class ErasedPerson(Base):
    """Somebody who was erased, by a keyed hash of their random id: a backup made before still holds them."""

    __tablename__ = "erased_person"

    subject: Mapped[str] = mapped_column(primary_key=True)
    certificates: Mapped[Certificates]
    erased_on: Mapped[date] = mapped_column(index=True)


class Evidence(StrEnum):
    """What speaks for it that two accounts are one person's."""

    WRITTEN = "written-from-both"  # the person wrote to us from both addresses
    IDENTITY = "identity-shown"  # the same person showed who they are for both
    MAILBOX = "one-mailbox"  # both addresses lead to one mailbox, as far as their spelling tells
    NAMES = "names-alike"  # alone it proves nothing: people share names
    ANSWERS = "answers-alike"  # alone it proves nothing: so do two people who copied


class AccountMerge(Base):
    """Two accounts of one person: asked for by one reviewer, carried out by another, or dropped by either.

    `preview_sha256` and `effects` are of what was carried out; ids in it are the person's own.
    """

    __tablename__ = "account_merge"
    __table_args__ = (
        CheckConstraint("applied_by <> asked_by", name="two_people"),
        CheckConstraint("staying_id <> leaving_id", name="two_accounts"),
        CheckConstraint("applied_at IS NULL OR dropped_at IS NULL", name="applied_or_dropped"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staying_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    leaving_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    evidence: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # None once they were erased
    heard_until_at: Mapped[datetime]  # before that nothing is carried out: whoever is written to may object
    lapses_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    dropped_at: Mapped[datetime | None]
    dropped_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    preview_sha256: Mapped[str | None]
    effects: Mapped[dict[str, Any] | None]

    def is_open(self, *, at: datetime) -> bool:
        """Whether a second person can still carry it out, now or once those it concerns were heard."""
        return (
            self.applied_at is None and self.dropped_at is None and self.asked_by is not None and at <= self.lapses_at
        )

    def apply(self, by: UUID, *, at: datetime, preview_sha256: str, effects: dict[str, Any]) -> None:
        """Open -> carried out. Who may is judged by the use case, and by the table itself."""
        self.applied_by, self.applied_at = by, at
        self.preview_sha256, self.effects = preview_sha256, effects

    def drop(self, by: UUID, *, at: datetime) -> None:
        """Open -> dropped: nothing changes."""
        self.dropped_by, self.dropped_at = by, at
