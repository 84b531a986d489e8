"""Which other sittings a sitting's judgement agrees with beyond chance: a sign for a person, and nothing more.

Scenarios alone are compared. Their ratings can be said in thousands of ways, so equal ones are rare; what somebody says
of their own habits is one of five words, and people who were never near each other share whole strings of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.assessment.adaptation import JUDGEMENT, Unit
from app.assessment.check_policy import CheckPolicy
from app.assessment.course import Course
from app.assessment.models import SittingCheck, SittingLikeness
from app.assessment.other_sittings import Answer, Other, answer_of
from scoring.copied_sittings import Agreement, Answered, agreement
from scoring.responses import MISSING

FIRST, OTHERS = slice(0, 1), slice(1, None)


def compared(course: Course, scenarios: Sequence[Unit], others: Sequence[Other]) -> Agreement | None:
    """How a sitting's scored scenarios agree with those of others, all of whom have thetas; None without any."""
    posterior = course.standing.posterior
    if posterior is None or not scenarios or not others:
        return None
    codes = [unit.code for unit in scenarios]
    own = {unit.code: answer_of(unit.category, unit.value) for unit in scenarios if unit.category is not None}
    items = course.bank.of_kind(JUDGEMENT).take([course.bank.index[code] for code in codes])
    categories, answers, manners = _tables([own, *(other.given.answers for other in others)], codes)
    categories = np.minimum(categories, items.categories - 1)
    theta: Any = [posterior.kind_means[JUDGEMENT], *(other.judgement_theta for other in others)]
    error: Any = [
        posterior.kind_standard_errors[JUDGEMENT], *(other.judgement_standard_error for other in others),
    ]  # fmt: skip
    one, rest = (
        Answered.of(categories[rows], answers[rows], theta[rows], error[rows], manners=manners[rows], items=len(codes))
        for rows in (FIRST, OTHERS)
    )
    return agreement(items, one, rest)


def _tables(
    people: Sequence[Mapping[str, Answer]], codes: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(categories, answers, points of the scale used) of each person; the same ratings have the same number."""
    numbers: dict[str, int] = {}
    categories = np.full((len(people), len(codes)), MISSING, dtype=np.int64)
    answers, points = categories.copy(), np.zeros_like(categories)
    for person, given in enumerate(people):
        for item, code in enumerate(codes):
            if (answer := given.get(code)) is not None:
                categories[person, item], points[person, item] = answer.category, answer.points
                answers[person, item] = numbers.setdefault(answer.said, len(numbers))
    return categories, answers, points


def found_alike(
    sitting_id: UUID, found: Agreement, others: Sequence[Other], policy: CheckPolicy, *, version: int, at: datetime
) -> list[SittingLikeness]:
    """The pairs that hardly one honest sitting in `1 / alike_share` would be in."""
    return [
        SittingLikeness(
            sitting_id=sitting_id,
            other_id=others[row].sitting_id,
            common=int(found.common[row]),
            equal=int(found.equal[row]),
            expected=float(found.expected[row]),
            z=float(found.z[row]),
            share=float(found.shares[row]),
            policy_version=version,
            found_at=at,
        )
        for row in np.nonzero(found.shares <= policy.alike_share)[0].tolist()
    ]


def call_for_others(alike: Sequence[SittingLikeness], *, session: Session, at: datetime) -> list[UUID]:
    """Have a person look at the earlier sittings too; which were called by this. Those decided on are left alone."""
    ids = sorted(row.other_id for row in alike)
    checks = session.scalars(
        select(SittingCheck)
        .where(SittingCheck.sitting_id.in_(ids), SittingCheck.verdict.is_(None), SittingCheck.called_at.is_(None))
        .order_by(SittingCheck.sitting_id)
        .with_for_update()
    ).all()
    for check in checks:
        check.called_at = at
    return [check.sitting_id for check in checks]


def is_in_a_pair(sitting_id: UUID, *, session: Session) -> bool:
    """Whether a sitting that ended later was found to be like this one before this one was looked at."""
    return bool(session.scalar(select(exists().where(SittingLikeness.other_id == sitting_id))))
