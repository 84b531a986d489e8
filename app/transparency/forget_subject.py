"""What ties entries of the public log to one certificate goes with its holder; the entries themselves stay."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from app.transparency.models import ABOUT, LogEntry


def forget_subject(subject: UUID, *, session: Session) -> None:
    """Destroy salts and subjects of every entry about it: its commitments then say nothing about any document."""
    for entry in session.scalars(select(LogEntry).where(literal_column(ABOUT) == str(subject))):  # as its index says it
        entry.forget()
    session.flush()
