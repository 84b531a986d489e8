"""A person's sittings go, with every response. The days of those that count stay, under a lineage that names nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.assessment import rules
from app.assessment.models import (
    FoundingForm,
    FoundingPromise,
    FrozenSitting,
    ItemReport,
    Presentation,
    Response,
    RetakeTrace,
    Sitting,
    SittingAllowance,
    SittingCheck,
    SittingCorrection,
    SittingLikeness,
)
from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.foundation.clock import Clock

SITTING_ROWS = (FoundingForm, FrozenSitting, Response, ItemReport, Presentation, SittingCheck, SittingCorrection)


def traces_end_at(*, session: Session, at: datetime) -> datetime:
    """Until when the days of sittings must be known that begin at `at` or before: as long as a limit can count them."""
    policy = policies.current(SittingPolicy, session=session, at=at)
    return rules.months_after(at, policy.limit_months)


def erase_sittings(person_id: UUID, lineage_id: UUID, *, session: Session, clock: Clock) -> int:
    """Erase them; how many there were. An open one counts as taken today."""
    now = clock.now()
    rows = session.scalars(select(Sitting).where(Sitting.person_id == person_id)).all()
    session.add_all(_traces(rows, lineage_id, session=session, at=now))
    own = select(Sitting.id).where(Sitting.person_id == person_id)
    for granted in (SittingAllowance, FoundingPromise):
        session.execute(delete(granted).where(granted.person_id == person_id))
    pairs = or_(SittingLikeness.sitting_id.in_(own), SittingLikeness.other_id.in_(own))
    session.execute(delete(SittingLikeness).where(pairs))
    for owned in SITTING_ROWS:
        session.execute(delete(owned).where(owned.sitting_id.in_(own)))
    session.execute(delete(Sitting).where(Sitting.person_id == person_id))
    session.execute(update(SittingCheck).where(SittingCheck.decided_by == person_id).values(decided_by=None))
    session.execute(update(ItemReport).where(ItemReport.judged_by == person_id).values(judged_by=None))
    session.flush()
    return len(rows)


def _traces(rows: Sequence[Sitting], lineage_id: UUID, *, session: Session, at: datetime) -> Iterator[RetakeTrace]:
    own = [row.id for row in rows]
    granted = set(session.scalars(select(SittingAllowance.sitting_id).where(SittingAllowance.sitting_id.in_(own))))
    for row in rows:
        if row.counts_as_taken and row.id not in granted:
            yield RetakeTrace(
                lineage_id=lineage_id,
                skill=row.skill,
                started_on=row.started_at.date(),
                ended_on=(row.completed_at or at).date(),
                had_norm=row.norm_id is not None,
                kept_until_at=traces_end_at(session=session, at=row.started_at),
            )
