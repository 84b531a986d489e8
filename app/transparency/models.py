"""Entries of the public log, the salts behind their commitments, and the checkpoints that were signed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base

ABOUT = "substr(subject, 1, 36)"  # an id, with which every subject begins that is about one thing


class LogEntry(Base):
    """One entry: written by the transaction it tells of, numbered later by the worker. Its text is never edited."""

    __tablename__ = "log_entry"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        Index("ix_log_entry_about", text(ABOUT)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]  # ours alone; what is public is `entry`
    at: Mapped[datetime] = mapped_column(index=True)
    entry: Mapped[str] = mapped_column(Text)
    salt: Mapped[str | None]  # destroyed when a person is erased: the commitment then says nothing any more
    number: Mapped[int | None] = mapped_column(unique=True)
    leaf_hash: Mapped[bytes | None] = mapped_column(LargeBinary)

    def forget(self) -> None:
        """Keep what is public, and nothing that leads from it to anybody."""
        self.subject, self.salt = f"forgotten:{self.id}", None


class LogCheckpoint(Base):
    """One signed checkpoint."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    verifier_key: Mapped[str]
    signed_at: Mapped[datetime]
