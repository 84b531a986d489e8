"""What ties entries of the public log to one certificate goes with its holder; the entries themselves stay."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from app.transparency.models import ID_LENGTH, LogEntry


def forget_subject(subject: UUID, *, session: Session) -> None:
    """Destroy salts and subjects of every entry about it: its commitments then say nothing about any document."""
    about = func.substr(LogEntry.subject, literal_column("1"), literal_column(f"{ID_LENGTH}"))  # as its index says it
    for entry in session.scalars(select(LogEntry).where(about == str(subject))):
        entry.forget()
    session.flush()
