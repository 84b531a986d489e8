"""The sittings under a norm as its watch reads them: a few numbers each, and every scored answer with its theta."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from app.assessment.founding_form import SCENARIO
from app.assessment.models import FORGOTTEN, Edition, FrozenSitting, Presentation, Response, Sitting, State
from scoring.composite import kinds_apart

MOST_SITTINGS = 20_000  # the latest; bounds memory and time of a night's watch
MOST_TIMED = 10_000  # the latest sittings whose seconds are read
BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True)
class WatchedSitting:
    """One completed sitting. `probability_above` is that of standing above the line."""

    completed_at: datetime
    is_first: bool
    probability_above: float | None
    kind_unusualness: float | None  # of judgement less self-report, in the norm group


@dataclass(slots=True)
class ItemAnswers:
    """Scored answers to one item, oldest first, with the theta of its kind of those who gave them."""

    kind: str
    categories: list[int] = field(default_factory=list)
    thetas: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WatchedSittings:
    """What the latest sittings under one norm say; those whose responses were forgotten lack answers."""

    sittings: tuple[WatchedSitting, ...]
    with_answers: int
    shown: Mapping[str, int]  # sittings with answers that asked each item, by code
    answers: Mapping[str, ItemAnswers]


def watched_sittings(norm_id: UUID, *, kinds_correlation: float, session: Session) -> WatchedSittings:
    """The latest `MOST_SITTINGS` completed sittings pinned to a norm, oldest first. Annulled ones are left out."""
    sittings: list[WatchedSitting] = []
    with_answers, shown, answers = 0, defaultdict[str, int](int), dict[str, ItemAnswers]()
    for row in _rows(norm_id, session=session):
        unusual = _kind_unusualness(row, kinds_correlation)
        sittings.append(WatchedSitting(row.completed_at, row.first_of_skill, row.probability_above, unusual))
        if row.responses == FORGOTTEN:
            continue
        with_answers += 1
        for code, kind, category, _value, *role in json.loads(row.responses)["units"]:
            shown[code] += 1
            theta = row.judgement_theta if kind == SCENARIO else row.self_report_theta
            if category is None or theta is None or role:
                continue  # it did not arise, or it does not count
            of_item = answers.setdefault(code, ItemAnswers(kind))
            of_item.categories.append(category)
            of_item.thetas.append(theta)
    return WatchedSittings(tuple(sittings), with_answers, dict(shown), answers)


def _kind_unusualness(row: Any, correlation: float) -> float | None:
    """None where a sitting has no scored answers of one of the kinds."""
    if row.kinds_covariance is None or not (row.statements and row.scenarios):
        return None
    return kinds_apart((row.judgement_theta, row.self_report_theta), row.kinds_covariance, correlation)


def _rows(norm_id: UUID, *, session: Session) -> Iterator[Any]:
    """In batches, each a statement of its own, so that no cursor is held open while rows are read."""
    ids = _latest(norm_id, most=MOST_SITTINGS, session=session)[::-1]
    columns = select(
        Sitting.completed_at,
        Sitting.first_of_skill,
        FrozenSitting.responses,
        FrozenSitting.judgement_theta,
        FrozenSitting.self_report_theta,
        FrozenSitting.probability_above,
        FrozenSitting.kinds_covariance,
        FrozenSitting.statements,
        FrozenSitting.scenarios,
    ).join(FrozenSitting, FrozenSitting.sitting_id == Sitting.id)
    for first in range(0, len(ids), BATCH_ROWS):
        batch = columns.where(Sitting.id.in_(ids[first : first + BATCH_ROWS]))
        yield from session.execute(batch.order_by(Sitting.completed_at, Sitting.id)).all()


def answer_seconds(norm_id: UUID, *, session: Session) -> Mapping[str, list[float]]:
    """Seconds of the answers to each item in the latest sittings under a norm, oldest first.

    Sittings with adjustments are left out: how long those take is nobody's signal.
    """
    is_its = and_(Response.sitting_id == Presentation.sitting_id, Response.position == Presentation.position)
    query = select(Presentation.item_code, Presentation.presented_at, Response.received_at).join(Response, is_its)
    found: list[tuple[datetime, str, float]] = []
    latest = _latest(norm_id, Sitting.adjustments.is_(None), most=MOST_TIMED, session=session)
    for first in range(0, len(latest), BATCH_ROWS):
        batch = query.where(Presentation.sitting_id.in_(latest[first : first + BATCH_ROWS]))
        for code, presented_at, received_at in session.execute(batch):
            if received_at > presented_at:  # a clock that was set back between the two says nothing
                found.append((presented_at, code, (received_at - presented_at).total_seconds()))
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for _, code, time in sorted(found):
        seconds[code].append(time)
    return dict(seconds)


def _latest(norm_id: UUID, *further: ColumnElement[bool], most: int, session: Session) -> Sequence[UUID]:
    """The latest completed sittings under a norm, the last first."""
    query = (
        select(Sitting.id)
        .where(Sitting.norm_id == norm_id, Sitting.state == State.COMPLETED, *further)
        .order_by(Sitting.completed_at.desc(), Sitting.id.desc())
        .limit(most)
    )
    return session.scalars(query).all()


def exposure_cap(norm_id: UUID, *, session: Session) -> float | None:
    """The greatest share of sittings that may show an item under a norm; None where its edition rests no item."""
    query = select(Edition.exposure).where(Edition.norm_id == norm_id).order_by(Edition.id.desc()).limit(1)
    stated = session.scalar(query)
    return float(stated["cap"]) if stated else None
