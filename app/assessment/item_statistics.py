"""What sittings say about one item: how often it was asked, how it was answered, and how long that took."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.assessment import adaptation
from app.assessment.adaptation import DID_NOT_ARISE
from app.assessment.founding_form import SCENARIO
from app.assessment.models import FrozenSitting, Presentation, Response, Sitting
from app.assessment.use_counts import item_uses, release_uses
from app.item_bank.queries import ItemView

MOST_LOOKED_AT = 3000  # times it was shown, in whatever language: of a rare language a page tells the latest part
MOST_READ = 2000  # the latest answers; a page of the desk must not wait for a million of them
FEWEST_FOR_POINTS = 30  # answers by people with a theta, below which points would show chance
GROUPS = 6


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """Figures of one item in one language. Those of answers are of the latest `MOST_READ` at most."""

    sittings: int  # of the releases that hold it
    shown: int
    answered: int
    did_not_arise: int
    counts: tuple[int, ...]  # of answers by scored category
    median_seconds: float | None
    correlation: float | None  # of category and theta of its kind, the item's own part in theta included
    points: tuple[tuple[float, float], ...]  # (mean theta, mean category) of people grouped by theta

    @property
    def exposure(self) -> float | None:
        """The share of sittings that it was shown in."""
        return self.shown / self.sittings if self.sittings else None


def item_statistics(
    item: ItemView, item_ids: Collection[UUID], language: str, release_ids: Collection[UUID], *, session: Session
) -> ItemStatistics:
    """The figures of the same words in `release_ids`, where they are the items `item_ids`."""
    shown = item_uses(item_ids, language, session=session).count
    answers = _latest_answers(item, item_ids, language, session=session) if shown else []
    scored = [
        (adaptation.unit_of(item.code, one.value, adaptation.bank_at(*one.pins, session=session)).category, one.theta)
        for one in answers
        if one.value != DID_NOT_ARISE
    ]
    pairs = np.array([pair for pair in scored if None not in pair], dtype=float).reshape(-1, 2)
    return ItemStatistics(
        sittings=release_uses(release_ids, language, session=session).count,
        shown=shown,
        answered=len(answers),
        did_not_arise=len(answers) - len(scored),
        counts=tuple(sum(category == number for category, _ in scored) for number in range(item.categories)),
        median_seconds=_median_of([one.seconds for one in answers if one.seconds > 0]),
        correlation=_correlation(pairs),
        points=_points(pairs),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Any
    seconds: float
    theta: float | None
    pins: tuple[UUID, str, UUID | None]  # release, language, calibration


def _latest_answers(item: ItemView, item_ids: Collection[UUID], language: str, *, session: Session) -> list[_Answer]:
    """The latest `MOST_READ` answers, looked for among the latest `MOST_LOOKED_AT` times that each item was shown."""
    theta = FrozenSitting.judgement_theta if item.kind == SCENARIO else FrozenSitting.self_report_theta
    found: list[tuple[datetime, _Answer]] = []
    for item_id in item_ids:
        latest = (
            select(Presentation.sitting_id, Presentation.position, Presentation.presented_at)
            .where(Presentation.item_id == item_id)
            .order_by(Presentation.presented_at.desc())
            .limit(MOST_LOOKED_AT)
            .subquery()
        )
        is_its = and_(Response.sitting_id == latest.c.sitting_id, Response.position == latest.c.position)
        query = (
            select(
                Response.value,
                latest.c.presented_at,
                Response.received_at,
                theta,
                Sitting.release_id,
                Sitting.calibration_id,
            )
            .select_from(latest)
            .join(Sitting, Sitting.id == latest.c.sitting_id)
            .join(Response, is_its)
            .outerjoin(FrozenSitting, FrozenSitting.sitting_id == latest.c.sitting_id)
            .where(Sitting.language == language)
            .order_by(latest.c.presented_at.desc())
            .limit(MOST_READ)
        )
        for value, presented_at, received_at, place, release_id, calibration_id in session.execute(query):
            if value is not None and not (isinstance(value, list) and None in value):
                seconds = (received_at - presented_at).total_seconds()
                found.append((presented_at, _Answer(value, seconds, place, (release_id, language, calibration_id))))
    found.sort(key=lambda one: one[0], reverse=True)
    return [answer for _, answer in found[:MOST_READ]]


def _median_of(seconds: list[float]) -> float | None:
    """None of nothing; a clock that was set back in the middle of an answer is no time."""
    return median(seconds) if seconds else None


def _correlation(pairs: NDArray[np.float64]) -> float | None:
    if len(pairs) < FEWEST_FOR_POINTS or not (pairs[:, 0].std() > 0 and pairs[:, 1].std() > 0):
        return None
    return float(np.asarray(np.corrcoef(pairs[:, 0], pairs[:, 1]))[0, 1])


def _points(pairs: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    if len(pairs) < FEWEST_FOR_POINTS:
        return ()
    groups = np.array_split(pairs[np.argsort(pairs[:, 1], kind="stable")], GROUPS)
    return tuple((float(group[:, 1].mean()), float(group[:, 0].mean())) for group in groups)
