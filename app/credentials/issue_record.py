"""When the append-only record says that credentials were issued; their rows can be edited, and so prove nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.audit import AuditEntry


def recorded_issues(ids: Sequence[UUID], *, session: Session) -> dict[UUID, datetime]:
    """The instant of each one's first issue; what has none is left out."""
    first = (
        select(func.min(AuditEntry.sequence).label("sequence"))
        .where(AuditEntry.kind == "credential.issued", AuditEntry.subject.in_([str(one) for one in ids]))
        .group_by(AuditEntry.subject)
        .subquery()
    )
    dated = select(AuditEntry.subject, AuditEntry.at).join(first, AuditEntry.sequence == first.c.sequence)
    return {UUID(subject): at for subject, at in session.execute(dated)}
