"""What sittings say about one item: how often it was asked, how it was answered, and how long that took."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from statistics import median
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.assessment import adaptation
from app.assessment.adaptation import DID_NOT_ARISE
from app.assessment.founding_form import SCENARIO
from app.assessment.models import FrozenSitting, Presentation, Response, Sitting
from app.item_bank.queries import ItemView

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
    shown_in = (Presentation.item_id.in_(item_ids), Sitting.language == language)
    sittings = select(func.count()).where(Sitting.release_id.in_(release_ids), Sitting.language == language)
    shown = select(func.count()).select_from(Presentation).join(Sitting, Sitting.id == Presentation.sitting_id)
    is_its = and_(Response.sitting_id == Presentation.sitting_id, Response.position == Presentation.position)
    theta = FrozenSitting.judgement_theta if item.kind == SCENARIO else FrozenSitting.self_report_theta
    query = (
        select(Response.value, Presentation.presented_at, Response.received_at, theta, Sitting)
        .join(Sitting, Sitting.id == Presentation.sitting_id)
        .join(Response, is_its)
        .outerjoin(FrozenSitting, FrozenSitting.sitting_id == Sitting.id)
        .where(*shown_in)
        .order_by(Presentation.presented_at.desc())
        .limit(MOST_READ)
    )
    answers = [
        (value, (received_at - presented_at).total_seconds(), place, sitting)
        for value, presented_at, received_at, place, sitting in session.execute(query)
        if value is not None and not (isinstance(value, list) and None in value)
    ]
    scored = [
        (adaptation.unit_of(item.code, value, adaptation.bank_of(sitting, session=session)).category, place)
        for value, _, place, sitting in answers
        if value != DID_NOT_ARISE
    ]
    pairs = np.array([pair for pair in scored if None not in pair], dtype=float).reshape(-1, 2)
    return ItemStatistics(
        sittings=session.scalar(sittings) or 0,
        shown=session.scalar(shown.where(*shown_in)) or 0,
        answered=len(answers),
        did_not_arise=len(answers) - len(scored),
        counts=tuple(sum(category == number for category, _ in scored) for number in range(item.categories)),
        median_seconds=median(seconds for _, seconds, _, _ in answers) if answers else None,
        correlation=_correlation(pairs),
        points=_points(pairs),
    )


def _correlation(pairs: NDArray[np.float64]) -> float | None:
    if len(pairs) < FEWEST_FOR_POINTS or not (pairs[:, 0].std() > 0 and pairs[:, 1].std() > 0):
        return None
    return float(np.asarray(np.corrcoef(pairs[:, 0], pairs[:, 1]))[0, 1])


def _points(pairs: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    if len(pairs) < FEWEST_FOR_POINTS:
        return ()
    groups = np.array_split(pairs[np.argsort(pairs[:, 1], kind="stable")], GROUPS)
    return tuple((float(group[:, 1].mean()), float(group[:, 0].mean())) for group in groups)
