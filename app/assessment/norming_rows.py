"""Completed sittings as norm samples read them: the responses to every unit that counts, one row a sitting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.assessment.adaptation import Role
from app.assessment.checks import is_checked_where_due, kept_out_of_norms
from app.assessment.errors import NoScoreYet
from app.assessment.models import FORGOTTEN, FoundingForm, FrozenSitting, Sitting, State

BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True)
class NormingRow:
    """One completed sitting as a norm sample reads it: code, kind and category of every unit shown that counts.

    What was in pilot is apart, in `tried`: it moves nobody's norm.
    """

    sitting_id: UUID
    person_id: UUID
    release_id: UUID
    completed_at: datetime
    units: tuple[tuple[str, str, int | None], ...]
    tried: tuple[tuple[str, str, int | None], ...] = ()


def responses_for_norming(
    skill: str, language: str, *, after: datetime, until: datetime, session: Session
) -> Iterator[NormingRow]:
    """First sittings of a skill completed in (after, until], one row each; whether to use one is the caller's to ask.

    Those that looked odd are left out by rule, unless a person found them sound.

    Read in batches, each a statement of its own, so that memory stays flat and no cursor is held open.
    """
    first = (
        select(FrozenSitting.responses, Sitting.id, Sitting.person_id, Sitting.release_id, Sitting.completed_at)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .where(
            Sitting.skill == skill,
            Sitting.language == language,
            Sitting.completed_at > after,
            Sitting.completed_at <= until,
            Sitting.first_of_skill.is_(True),
            *usable(),
        )
        .order_by(Sitting.completed_at, Sitting.id)
        .limit(BATCH_ROWS)
    )
    query = first
    while rows := session.execute(query).all():
        yield from (_norming_row(*row) for row in rows)
        at, last_id = rows[-1].completed_at, rows[-1].id
        is_later = or_(Sitting.completed_at > at, and_(Sitting.completed_at == at, Sitting.id > last_id))
        query = first.where(is_later)


def founding_responses(release_id: UUID, language: str, *, session: Session) -> tuple[NormingRow, ...]:
    """First founding sittings of a release, completed, one row each; whether to use one is the caller's to ask."""
    query = (
        select(FrozenSitting.responses, Sitting.id, Sitting.person_id, Sitting.release_id, Sitting.completed_at)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .join(FoundingForm, FoundingForm.sitting_id == Sitting.id)
        .where(
            FoundingForm.release_id == release_id,
            FoundingForm.language == language,
            Sitting.first_of_skill.is_(True),
            *usable(),
        )
        .order_by(FoundingForm.number)
    )
    return tuple(_norming_row(*row) for row in session.execute(query))


def usable() -> tuple[ColumnElement[bool], ...]:
    """What lets a frozen sitting count: completed and not annulled, its responses still held, checked and passed.

    Nor taken by staff, who could have tried things out: that they gave up the role since does not change what it was.
    """
    return (
        Sitting.state == State.COMPLETED,
        Sitting.taken_by_staff.is_not(True),
        FrozenSitting.responses != FORGOTTEN,
        is_checked_where_due(),
        Sitting.id.not_in(kept_out_of_norms()),
    )


def _norming_row(
    responses: str, sitting_id: UUID, person_id: UUID, release_id: UUID, completed_at: datetime | None
) -> NormingRow:
    if completed_at is None:
        raise NoScoreYet(sitting_id)
    held = json.loads(responses)["units"]  # a fifth place marks a unit that does not count
    units = tuple((code, kind, category) for code, kind, category, _value, *role in held if not role)
    tried = tuple((code, kind, category) for code, kind, category, _value, *role in held if role == [Role.PILOT])
    return NormingRow(sitting_id, person_id, release_id, completed_at, units, tried)
