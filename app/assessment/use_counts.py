"""How often items were shown and bank releases sat: what was counted up to last night, and what came since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.assessment.models import Presentation, Sitting, UseCount


@dataclass(frozen=True, slots=True)
class Uses:
    """How often, and since when; None where never."""

    count: int
    first_at: datetime | None


NEVER = Uses(0, None)


def counted_until(*, session: Session) -> datetime | None:
    """The instant up to which everything is counted; None before the first count."""
    return session.scalar(select(func.max(UseCount.counted_until_at)))


def item_uses(item_ids: Collection[UUID], language: str, *, session: Session) -> Uses:
    """Sittings that showed one of these items in a language."""
    query = (
        select(func.count(), func.min(Presentation.presented_at))
        .join(Sitting, Sitting.id == Presentation.sitting_id)
        .where(Presentation.item_id.in_(item_ids), Sitting.language == language)
    )
    since = counted_until(session=session)
    later = query if since is None else query.where(Presentation.presented_at > since)
    return _together(item_ids, language, later, session=session)


def release_uses(release_ids: Collection[UUID], language: str, *, session: Session) -> Uses:
    """Sittings begun on one of these releases in a language."""
    query = select(func.count(), func.min(Sitting.started_at)).where(
        Sitting.release_id.in_(release_ids), Sitting.language == language
    )
    since = counted_until(session=session)
    later = query if since is None else query.where(Sitting.started_at > since)
    return _together(release_ids, language, later, session=session)


def _together(subjects: Collection[UUID], language: str, later: Select[int, datetime], *, session: Session) -> Uses:
    kept = select(func.sum(UseCount.uses), func.min(UseCount.first_at)).where(
        UseCount.subject_id.in_(subjects), UseCount.language == language
    )
    counts = [session.execute(query).one() for query in (kept, later)]
    firsts = [first for _, first in counts if first is not None]
    return Uses(sum(count or 0 for count, _ in counts), min(firsts, default=None))
