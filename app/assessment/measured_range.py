"""Down to where a bank measures well: below, an estimate says the direction and hardly the distance.

The most informative items of a sitting of greatest length are imagined at each place of the scale. Where they leave
less reliability than the policy asks for, the bank has too few items for the people who stand there.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.adaptation import Bank
from app.assessment.course import course_of
from app.assessment.errors import SittingNotFound
from app.assessment.models import Sitting
from scoring.normal import NODES
from scoring.reliability import measured_range


def is_below_range(sitting_id: UUID, theta: float, *, session: Session) -> bool:
    """Whether `theta`, in standard deviations of the reference population, lies below what the sitting's bank can tell.

    Raises
    ------
    SittingNotFound
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise SittingNotFound(sitting_id)
    course = course_of(sitting, session=session)
    lowest = lowest_measured(course.bank, course.policy.most_units, course.policy.well_measured_reliability)
    return lowest is not None and theta < lowest


def lowest_measured(bank: Bank, units: int, reliability: float) -> float | None:
    """The lower end of what `units` items of the bank measure well; None where they measure nothing well, or no scale.

    Both kinds are read at the same place of their scales, which is where most people at that place stand.
    """
    calibrated = [items for items in (bank.judgement, bank.self_report) if items is not None]
    found = measured_range(calibrated, units, reliability, NODES)
    return None if found is None else found[0]
