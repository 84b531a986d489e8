"""Reading how a norm's founders compare with those who sat under it, and whether decisions wait for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation import policies
from app.norming.comparison import sittings_needed
from app.norming.errors import NormNotFound
from app.norming.models import CalibrationRun, LegacySample, NormVersion, SittingComparison
from app.norming.policy import NormPolicy


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """Founding sittings against sittings under the norm: the shift in standard deviations, with its interval."""

    n: int
    shift: float
    low: float
    high: float
    percent: int  # that the interval covers
    bound: float
    holds: bool
    compared_at: datetime


def comparison_of(norm_id: UUID, *, session: Session) -> ComparisonView | None:
    """The latest comparison of a norm's founders; None before the first."""
    query = select(SittingComparison).where(SittingComparison.norm_id == norm_id)
    row = session.scalar(query.order_by(SittingComparison.compared_at.desc(), SittingComparison.holds.desc()).limit(1))
    return view_of_comparison(row) if row else None


def view_of_comparison(row: SittingComparison) -> ComparisonView:
    """The comparison as others may see it."""
    reach = (row.high - row.low) / (2 * row.standard_error)
    percent = round(100 * (1 - 2 * NormalDist().cdf(-reach)))
    return ComparisonView(row.n, row.shift, row.low, row.high, percent, row.bound, row.holds, row.compared_at)


def comparison_failed_with(norm_id: UUID, bound: float, *, session: Session) -> int | None:
    """With how many sittings, at most, a comparison under this bound or a wider one failed; None where none did."""
    query = select(func.max(SittingComparison.n)).where(
        SittingComparison.norm_id == norm_id, SittingComparison.holds.is_(False), SittingComparison.bound >= bound
    )
    return session.scalar(query)


def sittings_to_compare(norm_id: UUID, *, session: Session, at: datetime) -> int:
    """First sittings under the norm that its next comparison needs."""
    policy = policies.current(NormPolicy, session=session, at=at)
    failed_with = comparison_failed_with(norm_id, policy.largest_founding_shift, session=session)
    return sittings_needed(policy.compare_from_n, failed_with)


def awards_wait(norm_id: UUID, *, session: Session, at: datetime) -> bool:
    """Whether decisions under this norm wait until its founders are compared with those who sat under it."""
    of_norm = select(NormVersion.may_certify, LegacySample.is_founding)  # its table is not read
    row = session.execute(
        of_norm.join(NormVersion.run).join(CalibrationRun.sample).where(NormVersion.id == norm_id)
    ).first()
    if row is None:
        raise NormNotFound(norm_id)
    if not (row.may_certify and row.is_founding):
        return False
    if not policies.current(NormPolicy, session=session, at=at).founders_must_be_compared:
        return False
    found = comparison_of(norm_id, session=session)
    return found is None or not found.holds
