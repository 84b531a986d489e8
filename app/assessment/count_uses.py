"""Use case: count what was shown since the last count. Reading first, so that nobody who writes waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.assessment.models import Presentation, Sitting, UseCount
from app.assessment.use_counts import counted_until
from app.foundation.locks import hold

SETTLED = timedelta(minutes=10)  # what was dated earlier than this is committed by now; requests last seconds


@dataclass(frozen=True, slots=True)
class Counted:
    """(subject, language, uses, first) of everything in (since, until]."""

    since: datetime | None
    until: datetime
    rows: tuple[tuple[UUID, str, int, datetime], ...]


def uses_since_last(*, session: Session, at: datetime) -> Counted:
    """Count every item shown and every sitting begun since the last count."""
    since, until = counted_until(session=session), at - SETTLED
    shown = select(Presentation.item_id, Sitting.language, func.count(), func.min(Presentation.presented_at))
    shown = shown.join(Sitting, Sitting.id == Presentation.sitting_id)
    begun = select(Sitting.release_id, Sitting.language, func.count(), func.min(Sitting.started_at))
    rows: list[tuple[UUID, str, int, datetime]] = []
    for query, subject, instant in (
        (shown, Presentation.item_id, Presentation.presented_at),
        (begun, Sitting.release_id, Sitting.started_at),
    ):
        within: Any = query.where(instant <= until).group_by(subject, Sitting.language)
        within = within if since is None else within.where(instant > since)
        rows.extend((row[0], row[1], row[2], row[3]) for row in session.execute(within))
    return Counted(since, until, tuple(rows))


def keep_uses(counted: Counted, *, session: Session) -> bool:
    """Add what was counted; False, and nothing, where another count was quicker."""
    hold(session, "use-counts")
    if counted_until(session=session) != counted.since:
        return False
    _add(counted.rows, counted.until, session=session)
    session.flush()
    session.execute(update(UseCount).values(counted_until_at=counted.until))
    return True


def _add(rows: Iterable[tuple[UUID, str, int, datetime]], until: datetime, *, session: Session) -> None:
    for subject_id, language, uses, first_at in rows:
        row = session.get(UseCount, (subject_id, language))
        if row is None:
            session.add(
                UseCount(subject_id=subject_id, language=language, uses=uses, first_at=first_at, counted_until_at=until)
            )
        else:
            row.uses += uses
