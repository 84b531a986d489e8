"""Look at a completed sitting's answers and pace, and say how odd they are. It decides nothing about the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.assessment.adaptation import JUDGEMENT, SELF_REPORT, Unit
from app.assessment.check_policy import CheckPolicy
from app.assessment.course import Course, course_of
from app.assessment.errors import SittingNotFound
from app.assessment.founding_form import STATEMENT
from app.assessment.likenesses import call_for_others, compared, found_alike, is_in_a_pair
from app.assessment.models import Sitting, SittingCheck, SittingLikeness, State
from app.assessment.other_sittings import Other, latest_others, seconds_of
from app.assessment.tiers import ALIKE, FIT, PACE, RUN, tier_of
from app.foundation import audit, policies
from app.foundation.access import system
from app.foundation.clock import Clock
from scoring.normal import normal_distribution
from scoring.response_times import fit_response_times, speed
from scoring.sitting_checks import Odd, longest_run, misfit

CHANCE = 2**63 - 1  # beside the sitting's seed: its checks draw nothing that its items drew
FEWEST_TIMES = 2  # of an item and of a person, to say what is usual


def check_sitting(sitting_id: UUID, *, session: Session, clock: Clock) -> SittingCheck | None:
    """Look at a completed sitting and keep what is found, once; both in this transaction."""
    looked = look_at_sitting(sitting_id, session=session, clock=clock)
    return session.get(SittingCheck, sitting_id) if looked is None else keep_check(looked, session=session)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a completed sitting found, before it is kept."""

    sitting_id: UUID
    tier: int
    flags: list[str]
    evidence: dict[str, Any]
    alike: list[SittingLikeness]
    policy_version: int
    at: datetime


def look_at_sitting(sitting_id: UUID, *, session: Session, clock: Clock) -> Looked | None:
    """Compute the indices and the tier of a completed sitting; None for one without a theta, or looked at before.

    Times are left alone where the candidate asked for an adjustment, and until enough is known of the usual pace.
    It only reads: some hundredths of a second in which candidates' responses must not wait for a writer.
    """
    sitting = session.get(Sitting, sitting_id)
    if sitting is None:
        raise SittingNotFound(sitting_id)
    course = course_of(sitting, session=session)
    is_due = session.get(SittingCheck, sitting_id) is None and sitting.state == State.COMPLETED
    if not is_due or not course.bank.is_calibrated:
        return None
    now = clock.now()
    policy = policies.current(CheckPolicy, session=session, at=now)
    version = policies.version(CheckPolicy, session=session, at=now)
    scored = [unit for unit in course.units if unit.is_scored]
    scenarios = [unit for unit in scored if unit.kind != STATEMENT]
    others = latest_others(sitting, policy.compared_sittings, session=session)
    indices = _indices(course, scored, policy)
    pace, reason = _pace(sitting, others, policy, session=session)
    if pace is not None:
        indices[PACE] = pace
    tier, flags = tier_of({name: odd.share for name, odd in indices.items()}, policy)
    with_theta = [other for other in others if other.judgement_theta is not None]
    agreement = compared(course, scenarios, with_theta)
    alike = found_alike(sitting_id, agreement, with_theta, policy, version=version, at=now) if agreement else []
    if agreement is not None:
        indices[ALIKE] = Odd(float(agreement.z.max()), float(agreement.shares.min()))
    flags += [ALIKE] if alike else []
    evidence: dict[str, Any] = {name: {"value": odd.value, "share": odd.share} for name, odd in indices.items()}
    evidence |= {"units": len(scored), "flags": flags, "pace_not_read": reason, "compared": len(others)}
    return Looked(sitting_id, tier, flags, evidence, alike, version, now)


def keep_check(looked: Looked, *, session: Session) -> SittingCheck | None:
    """Keep what was found, once; nothing of a sitting that was annulled or erased since it was looked at."""
    existing = session.get(SittingCheck, looked.sitting_id)
    sitting = session.get(Sitting, looked.sitting_id, with_for_update=True)
    if existing is not None or sitting is None or sitting.state != State.COMPLETED:
        return existing
    row = SittingCheck(
        sitting_id=looked.sitting_id,
        tier=looked.tier,
        evidence=looked.evidence,
        policy_version=looked.policy_version,
        checked_at=looked.at,
        called_at=looked.at if looked.alike or is_in_a_pair(looked.sitting_id, session=session) else None,
    )
    session.add_all([row, *looked.alike])  # should one of them have been erased, the job looks again
    session.flush()
    detail = {"tier": looked.tier, "flags": looked.flags}
    audit.record("sitting.checked", row.sitting_id, actor=system(), at=looked.at, session=session, detail=detail)
    for called in call_for_others(looked.alike, session=session, at=looked.at):
        audit.record("sitting.found_alike", called, actor=system(), at=looked.at, session=session)
    return row


def _indices(course: Course, scored: Sequence[Unit], policy: CheckPolicy) -> dict[str, Odd]:
    bank, rng = course.bank, np.random.default_rng([course.sitting.seed, CHANCE])
    statements = [unit for unit in scored if unit.kind == STATEMENT]
    scenarios = [unit for unit in scored if unit.kind != STATEMENT]
    kinds = [_of_kind(units, kind, course) for units, kind in ((scenarios, JUDGEMENT), (statements, SELF_REPORT))]
    keyed = [bank.by_code[unit.code].keyed for unit in statements]
    return {
        FIT: misfit(kinds, rng, draws=policy.draws),
        RUN: longest_run(*kinds[SELF_REPORT], keyed, rng, draws=policy.draws),
    }


def _of_kind(units: Sequence[Unit], kind: int, course: Course) -> tuple[NDArray[np.int8], Any]:
    """Categories and parameters of some units of one kind, in their order."""
    first = 0 if kind == JUDGEMENT else len(course.bank.of_kind(JUDGEMENT))
    items = course.bank.of_kind(kind).take([course.bank.index[unit.code] - first for unit in units])
    codes = np.array([unit.category for unit in units], dtype=np.int8)
    return np.minimum(codes, (items.categories - 1).astype(np.int8)), items


def _pace(
    sitting: Sitting, others: Sequence[Other], policy: CheckPolicy, *, session: Session
) -> tuple[Odd | None, str | None]:
    """How much faster than usual, or why that is not said."""
    if sitting.adjustments:
        return None, "adjusted"
    times = [other.given.seconds for other in others if not other.is_adjusted]
    own = seconds_of([sitting.id], session=session)[sitting.id]
    table = np.array([[one.get(code, np.nan) for code in own] for one in times]).reshape(len(times), len(own))
    is_known = np.isfinite(table).sum(axis=0) >= FEWEST_TIMES
    usual = table[:, is_known]
    usual = usual[np.isfinite(usual).sum(axis=1) >= FEWEST_TIMES]
    if len(usual) < policy.fewest_paced or (np.isfinite(usual).sum(axis=0) < FEWEST_TIMES).any():
        return None, "too-few-sittings"
    z = float(speed([np.array(list(own.values()))[is_known]], fit_response_times(usual)).z[0])
    return Odd(z, float(normal_distribution(-z))), None
