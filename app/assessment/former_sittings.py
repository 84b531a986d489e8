"""What a person has taken before, as far as waits and the yearly limit care, and the sittings granted beyond them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment import rules
from app.assessment.models import Edition, Sitting, SittingAllowance


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
