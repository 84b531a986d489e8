"""What ties entries of the public log to one certificate goes with its holder; the entries themselves stay."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.transparency.models import LogEntry


def forget_subject(subject: object, *, session: Session) -> None:
    """Destroy salts and subjects of every entry about it: its commitments then say nothing about any document."""
    about = or_(LogEntry.subject == str(subject), LogEntry.subject.startswith(f"{subject}:"))
    for entry in session.scalars(select(LogEntry).where(about)):
        entry.forget()
    session.flush()
