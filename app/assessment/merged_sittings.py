"""The sittings of two accounts as one person's: in order of time, each judged by what had counted before it.

Those that could not have begun on one account are beyond the limit. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment import rules
from app.assessment.former_sittings import traces_as_taken
from app.assessment.models import Sitting, SittingAllowance, State
from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.foundation.audit import AuditEntry

BEYOND_LIMIT = "sitting.beyond_limit"  # kind of audit entries


@dataclass(frozen=True, slots=True)
class MergedSitting:
    """One sitting of either account. `from_at` is when it could have begun at the earliest, where that is later."""

    id: UUID
    person_id: UUID
    skill: str
    language: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    is_granted: bool  # outside waits and limit, by a person's decision
    from_at: datetime | None
    by_limit: bool  # the yearly limit said so; else a wait

    @property
    def is_open(self) -> bool:
        """Whether it takes responses."""
        return self.state == State.OPEN

    @property
    def is_beyond(self) -> bool:
        """Whether one account could not have begun it."""
        return self.from_at is not None


def merged_sittings(staying_id: UUID, leaving_id: UUID, *, session: Session) -> tuple[MergedSitting, ...]:
    """All of both, by skill and in order of time. Each is judged by the policy it began under."""
    both = select(Sitting).where(Sitting.person_id.in_((staying_id, leaving_id)))
    rows = session.scalars(both.order_by(Sitting.skill, Sitting.started_at, Sitting.id)).all()
    used = select(SittingAllowance.sitting_id).where(SittingAllowance.person_id.in_((staying_id, leaving_id)))
    granted = frozenset(one for one in session.scalars(used) if one is not None)
    found: list[MergedSitting] = []
    for skill, of_skill in groupby(rows, key=lambda row: row.skill):
        traces = traces_as_taken((staying_id, leaving_id), skill, session=session)
        found += _judged(tuple(of_skill), granted, traces, session=session)
    return tuple(found)


def _judged(
    rows: Sequence[Sitting],
    granted: frozenset[UUID],
    traces: Sequence[tuple[rules.Taken, bool]],
    *,
    session: Session,
) -> Iterator[MergedSitting]:
    """Of one skill. A founding sitting counts against founding sittings alone, as at every start."""
    counted = list(traces)
    for row in rows:
        judged = row.counts_as_taken and row.id not in granted
        former = [taken for taken, had_norm in counted if had_norm or row.norm_id is None]
        former = [taken for taken in former if taken.started_at <= row.started_at]
        policy = policies.pinned(SittingPolicy, row.policy_version, session=session)
        said = rules.retake(former, at=row.started_at, policy=policy) if judged else rules.Retake()
        if judged and said.is_allowed:
            taken = rules.Taken(row.started_at, row.completed_at or row.resumable_until)
            counted.append((taken, row.norm_id is not None))
        yield MergedSitting(
            row.id, row.person_id, row.skill, row.language, row.state, row.started_at, row.completed_at,
            row.id in granted, said.from_at, said.by_limit,
        )  # fmt: skip


def merged_by(sitting_id: UUID, *, session: Session) -> frozenset[UUID]:
    """Those who asked for the merge that found a sitting beyond the limit, and carried it out."""
    found = select(AuditEntry).where(AuditEntry.kind == BEYOND_LIMIT, AuditEntry.subject == str(sitting_id))
    entries = session.scalars(found).all()
    named = {str(one) for entry in entries for one in (entry.actor_id, entry.detail.get("asked_by")) if one}
    return frozenset(map(UUID, named))
