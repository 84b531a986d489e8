"""What a person has taken before, as far as waits and the yearly limit care, and the sittings granted beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import rules
from app.assessment.models import Edition, RetakeTrace, Sitting, SittingAllowance


def taken_before(person_id: UUID, edition: Edition, *, session: Session, at: datetime) -> tuple[rules.Taken, ...]:
    """Sittings that count against another one under this edition.

    Founding sittings count against founding sittings alone: who helped to build the norm has one outside the limit
    as soon as it exists. A sitting that a person granted beyond the limit counts for nothing in it.
    """
    return tuple(_kept(person_id, edition, session=session, at=at))


def _kept(person_id: UUID, edition: Edition, *, session: Session, at: datetime) -> Iterator[rules.Taken]:
    granted = select(SittingAllowance.sitting_id).where(SittingAllowance.sitting_id.is_not(None))
    query = select(Sitting).where(
        Sitting.person_id == person_id, Sitting.skill == edition.skill, Sitting.id.not_in(granted)
    )
    for row in session.scalars(query):
        counts = row.counts_as_taken and not row.may_be_resumed(at=at)
        if counts and (row.norm_id is not None or edition.norm_id is None):
            yield rules.Taken(row.started_at, row.completed_at or row.resumable_until)
    for taken, had_norm in traces_as_taken((person_id,), edition.skill, session=session):
        if had_norm or edition.norm_id is None:
            yield taken


def traces_as_taken(
    person_ids: Sequence[UUID], skill: str, *, session: Session
) -> tuple[tuple[rules.Taken, bool], ...]:
    """What erased accounts of these people's addresses have left, each with whether there was a norm; by day."""
    lineages = {accounts.lineage_of(person_id, session=session) for person_id in person_ids} - {None}
    query = select(RetakeTrace).where(RetakeTrace.lineage_id.in_(lineages), RetakeTrace.skill == skill)
    return tuple(
        (rules.Taken(_midnight(trace.started_on), _midnight(trace.ended_on)), trace.had_norm)
        for trace in (session.scalars(query.order_by(RetakeTrace.started_on)) if lineages else ())
    )


def _midnight(day: date) -> datetime:
    """The beginning of the day, UTC: whoever erased their data never waits longer than who did not."""
    return datetime.combine(day, time(), tzinfo=UTC)


def was_here_before(person_id: UUID, skill: str, *, session: Session) -> bool:
    """Whether an erased account of this address had taken the skill: then no sitting of today is a first one."""
    return bool(traces_as_taken((person_id,), skill, session=session))


def allowance(person_id: UUID, skill: str, *, session: Session) -> SittingAllowance | None:
    """A granted sitting that is not used up yet; the oldest, if there are several."""
    query = select(SittingAllowance).where(
        SittingAllowance.person_id == person_id,
        SittingAllowance.skill == skill,
        SittingAllowance.sitting_id.is_(None),
    )
    return session.scalar(query.order_by(SittingAllowance.granted_at, SittingAllowance.id).limit(1))


def use_allowance(sitting: Sitting, *, session: Session) -> None:
    """Let a new sitting use up what was granted, if anything was."""
    granted = allowance(sitting.person_id, sitting.skill, session=session)
    if granted is not None:
        granted.sitting_id = sitting.id
        session.flush()
