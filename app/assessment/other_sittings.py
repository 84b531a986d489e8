"""Completed sittings of the same bank by other people, as far as a sitting is compared with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.models import FORGOTTEN, FrozenSitting, Sitting


@dataclass(frozen=True)
class Other:
    """One of them. Its thetas are those it was scored with; None for a sitting without calibrated items."""

    sitting_id: UUID
    is_adjusted: bool
    responses: str
    judgement_theta: float | None
    judgement_standard_error: float | None

    @cached_property
    def units(self) -> Mapping[str, tuple[int, Any]]:
        """(category, raw value) of each scored unit, by its item's code."""
        held = json.loads(self.responses)["units"]  # a fifth place marks a unit that does not count
        return {
            code: (category, value) for code, _, category, value, *role in held if category is not None and not role
        }


def latest_others(sitting: Sitting, most: int, *, session: Session) -> Sequence[Other]:
    """The latest that ended before `sitting` did: the few columns that are compared, for many."""
    query = (
        select(
            Sitting.id,
            Sitting.adjustments,
            FrozenSitting.responses,
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
    return [
        Other(other_id, bool(adjustments), responses, theta, error)
        for other_id, adjustments, responses, theta, error in session.execute(query)
    ]
