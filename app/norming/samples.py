"""A sample as scoring sees it: codes turned so that more is more, statements and scenarios apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.item_bank.calibrated_items import CalibratedItems
from app.item_bank.queries import ItemView
from scoring.responses import MISSING, ResponseMatrix, reverse

STATEMENT, SCENARIO = "statement", "scenario"


@dataclass(frozen=True, slots=True, eq=False)
class KindOfEvidence:
    """The responses to the items of one kind, a row for every person of the sample."""

    codes: tuple[str, ...]
    responses: ResponseMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Responses with what a calibration needs to know of them; `calibration_id` once its release has a scale."""

    id: UUID
    skill: str
    language: str
    release_id: UUID
    is_trial: bool
    n: int
    calibration_id: UUID | None
    self_report: KindOfEvidence | None
    judgement: KindOfEvidence | None
    scale: CalibratedItems | None = None  # the parameters of `calibration_id`
    facets: Mapping[str, str] = field(default_factory=dict)  # by item code
    kinds_correlation: float | None = None  # of the scale, where the sample that set it told it


def by_kind(
    columns: tuple[str, ...], answered: NDArray[np.int8], items: Mapping[str, ItemView]
) -> dict[str, KindOfEvidence]:
    """The matrix `answered`, shape (people, columns), split by the kind of each column's item."""
    found = {}
    for kind in (STATEMENT, SCENARIO):
        places = [place for place, column in enumerate(columns) if items[column].kind == kind]
        if places:
            views = [items[columns[place]] for place in places]
            turned = reverse(answered[:, places], [view.categories for view in views], [view.keyed for view in views])
            found[kind] = KindOfEvidence(tuple(view.code for view in views), ResponseMatrix(turned))
    return found


def answered_by(evidence: KindOfEvidence) -> NDArray[np.bool_]:
    """Who answered anything of this kind, shape (people,)."""
    return np.asarray((evidence.responses.codes != MISSING).any(axis=1))
