"""What a finished sitting says under another norm than its own: its stored answers, read against another line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import adaptation, corrections
from app.assessment.course import course_of
from app.assessment.models import Edition, Sitting


@dataclass(frozen=True, slots=True)
class Line:
    """A norm as far as a sitting is read against it: on which parameters it was computed, and where its cut lies."""

    release_id: UUID
    calibration_id: UUID
    composite: Mapping[str, Any] | None  # None: weights and correlation of the sitting's policy
    cut: float
    cut_standard_error: float


def read_under_line(sitting_id: UUID, line: Line, *, session: Session) -> float | None:
    """P(composite >= cut) under that line, from where the sitting had begun; nothing is stored.

    What a correction that stands leaves out is left out here too. None where only figures are left of the answers, or
    where the line was computed for another release of the bank.
    """
    sitting = session.get_one(Sitting, sitting_id)
    left_out = corrections.left_out(sitting_id, session=session)
    course = replace(course_of(sitting, session=session), left_out=left_out)
    if not course.rows or sitting.release_id != line.release_id:
        return None
    bank = adaptation.bank_at(line.release_id, sitting.language, line.calibration_id, session=session)
    composite = dict(line.composite) if line.composite is not None else None
    pins = Edition(composite=composite, cut=line.cut, cut_standard_error=line.cut_standard_error)
    read = adaptation.standing_of(course.units, bank, pins, sitting.prior, course.policy)
    return read.probability_above
