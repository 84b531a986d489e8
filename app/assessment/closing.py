"""The end of a sitting: its responses packed into one row with the numbers they gave, or an end without a result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from app.assessment import adaptation, rules
from app.assessment.adaptation import DID_NOT_ARISE, Role, Standing, Unit
from app.assessment.course import Course
from app.assessment.models import FrozenSitting, Sitting, State, Stop
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.jobs import Jobs

PACKING_VERSION = 1


def close(course: Course, reason: Stop, *, session: Session, at: datetime, jobs: Jobs) -> Sitting:
    """End the sitting with what it has. The caller holds it; the result is reported by a job of this transaction."""
    sitting, content = course.sitting, course.standing.content
    sitting.item_states_at = course.seen_at
    if rules.has_enough_for_result(content, course.policy):
        session.add(frozen(course))
        sitting.end(State.COMPLETED, reason, at=at)
        arguments = {"sitting_id": str(sitting.id)}
        jobs.enqueue("report_result", f"result:{sitting.id}", session=session, arguments=arguments)
        jobs.enqueue("check_sitting", f"check:{sitting.id}", session=session, arguments=arguments)
    else:
        nothing_arose = content.units == 0 and any(row.value == DID_NOT_ARISE for row in course.rows)
        sitting.end(State.ABANDONED, Stop.NOTHING_AROSE if nothing_arose else reason, at=at)
    session.flush()
    detail = {"reason": sitting.stop_reason, "units": content.units}
    actor = Actor(sitting.person_id, "person")
    audit.record(f"sitting.{sitting.state}", sitting.id, actor=actor, at=at, session=session, detail=detail)
    return sitting


def packed(units: Sequence[Unit]) -> str:
    """The responses in one line: for every unit shown its code, kind, category (null: missing) and raw value.

    A unit that is not scored says so in a fifth place: "pilot" or "out".
    """
    rows: list[list[Any]] = [
        [unit.code, unit.kind, unit.category, unit.value, *([] if unit.role is Role.SCORED else [unit.role])]
        for unit in units
    ]
    return json.dumps({"packing": PACKING_VERSION, "units": rows}, separators=(",", ":"), ensure_ascii=True)


def sha256_of(responses: str) -> str:
    """The hash that stands beside frozen responses."""
    return sha256(responses.encode()).hexdigest()


def frozen(course: Course) -> FrozenSitting:
    """The row that scoring, norming and replay read from now on."""
    responses = packed(course.units)
    return FrozenSitting(
        sitting_id=course.sitting.id,
        responses=responses,
        sha256=sha256_of(responses),
        **figures_of(course.standing, band_percent=course.policy.band_percent, sitting=course.sitting),
    )


def figures_of(standing: Standing, *, band_percent: int, sitting: Sitting) -> dict[str, Any]:
    """The columns of a frozen sitting that come from its scores."""
    content = standing.content
    return {
        "statements": content.statements,
        "scenarios": content.scenarios,
        "facet_counts": dict(content.facets),
        "is_balanced": standing.is_balanced,
        "probability_above": standing.probability_above,
        **adaptation.numbers_of(standing, sitting, band_percent),
    }
