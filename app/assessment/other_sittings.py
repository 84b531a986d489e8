"""Completed sittings of the same bank by other people, as far as a sitting is compared with them.

Five hundred of them are read for each sitting that ends, and nearly the same ones for the next. What was answered in a
completed sitting, and how fast, never changes, so that it is kept in memory from one look to the next. Which sittings
are compared is asked every time: what was erased or forgotten meanwhile is not among them, and leaves the memory too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.assessment.founding_form import STATEMENT
from app.assessment.models import FORGOTTEN, FrozenSitting, Presentation, Response, Sitting


class Answer(NamedTuple):
    """To one scenario: its category, what was said, and how many points of the scale were used for it."""

    category: int
    said: str
    points: int


@dataclass(frozen=True, slots=True)
class Given:
    """What one person gave in a sitting, by item: answers to scored scenarios, and seconds by the server's clock."""

    answers: Mapping[str, Answer]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Other:
    """One of them. Its thetas are those it was scored with; None for a sitting without calibrated items."""

    sitting_id: UUID
    is_adjusted: bool
    judgement_theta: float | None
    judgement_standard_error: float | None
    given: Given


# by database and release: what the latest look compared
_kept: WeakKeyDictionary[Engine, dict[UUID, Mapping[UUID, Given]]] = WeakKeyDictionary()


def answer_of(category: int, value: Any) -> Answer:
    """A rating or ranking of a scenario, as it is compared."""
    return Answer(category, json.dumps(value), len(set(value)))


def latest_others(sitting: Sitting, most: int, *, session: Session) -> Sequence[Other]:
    """The latest that ended before `sitting` did.

    Annulled ones too: they count for nothing, but answers that were passed on are found by them.
    """
    query = (
        select(
            Sitting.id,
            Sitting.adjustments,
            FrozenSitting.judgement_theta,
            FrozenSitting.judgement_standard_error,
        )
        .join(FrozenSitting, FrozenSitting.sitting_id == Sitting.id)
        .where(
            Sitting.release_id == sitting.release_id,
            Sitting.person_id != sitting.person_id,
            Sitting.completed_at <= sitting.completed_at,
            FrozenSitting.responses != FORGOTTEN,
        )
        .order_by(Sitting.completed_at.desc(), Sitting.id)
        .limit(most)
    )
    rows = session.execute(query).all()
    given = _given(sitting.release_id, [row.id for row in rows], session=session)
    return [
        Other(other_id, bool(adjustments), theta, error, given[other_id])
        for other_id, adjustments, theta, error in rows
    ]


def seconds_of(sitting_ids: Collection[UUID], *, session: Session) -> Mapping[UUID, Mapping[str, float]]:
    """Seconds from showing to keeping, by sitting and item; by the server's clock alone."""
    query = (
        select(Presentation.sitting_id, Presentation.item_code, Presentation.presented_at, Response.received_at)
        .join(Response, (Response.sitting_id == Presentation.sitting_id) & (Response.position == Presentation.position))
        .where(Presentation.sitting_id.in_(sitting_ids))
    )
    found: dict[UUID, dict[str, float]] = {sitting_id: {} for sitting_id in sitting_ids}
    for sitting_id, code, shown_at, kept_at in session.execute(query):
        if (seconds := (kept_at - shown_at).total_seconds()) > 0:
            found[sitting_id][code] = seconds
    return found


def _given(release_id: UUID, sitting_ids: Sequence[UUID], *, session: Session) -> Mapping[UUID, Given]:
    """Of each: as kept, or read now."""
    by_release = _kept.setdefault(session.get_bind().engine, {})
    known = by_release.get(release_id, {})
    given = {sitting_id: known[sitting_id] for sitting_id in sitting_ids if sitting_id in known}
    given |= _read([sitting_id for sitting_id in sitting_ids if sitting_id not in given], session=session)
    by_release[release_id] = given
    return given


def _read(sitting_ids: Sequence[UUID], *, session: Session) -> Mapping[UUID, Given]:
    if not sitting_ids:
        return {}
    seconds = seconds_of(sitting_ids, session=session)
    query = select(FrozenSitting.sitting_id, FrozenSitting.responses).where(FrozenSitting.sitting_id.in_(sitting_ids))
    return {
        sitting_id: Given(_answers(responses), seconds[sitting_id]) for sitting_id, responses in session.execute(query)
    }


def _answers(responses: str) -> Mapping[str, Answer]:
    held = json.loads(responses)["units"]  # a fifth place marks a unit that does not count
    return {
        code: answer_of(category, value)
        for code, kind, category, value, *role in held
        if kind != STATEMENT and category is not None and not role
    }
