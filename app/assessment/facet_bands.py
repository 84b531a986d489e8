"""What one sitting says of each facet by itself, on the scale of the composite.

The units of a facet are few, so its band is wide and its estimate is drawn towards the middle: on purpose, because a
difference between facets must be carried by the answers alone. A former sitting's posterior is left out for the same
reason: it is not known by facet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import adaptation, corrections
from app.assessment.course import Course, course_of
from app.assessment.errors import SittingNotFound
from app.assessment.models import Sitting


@dataclass(frozen=True, slots=True)
class FacetBand:
    """One facet's estimate with its band (of the policy's percentage), in logits of the composite."""

    facet: str
    units: int
    theta: float
    low: float
    high: float


def facet_bands(sitting_id: UUID, *, session: Session) -> tuple[FacetBand, ...]:
    """Every facet with at least one scored unit, by name; none where the sitting had no calibration.

    Raises
    ------
    SittingNotFound
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise SittingNotFound(sitting_id)
    left_out = corrections.left_out(sitting_id, session=session)
    course = replace(course_of(sitting, session=session), left_out=left_out)
    bands = (_band(facet, course) for facet in course.bank.facets)
    return tuple(band for band in bands if band is not None)


def _band(facet: str, course: Course) -> FacetBand | None:
    units = [unit for unit in course.units if unit.facet == facet and unit.is_scored]
    posterior = adaptation.posterior_of(units, course.bank, course.sitting, None, course.policy)
    if not units or posterior is None:
        return None
    low, high = posterior.interval(course.policy.band_percent / adaptation.PERCENT, 0.0)
    return FacetBand(facet, len(units), float(posterior.median(0.0)), float(low), float(high))
