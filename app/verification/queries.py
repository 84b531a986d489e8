"""Reading how often certificates were looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.verification.models import VerificationCount


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day on which a certificate was looked at."""

    day: date
    times: int


def looked_at(credential_ids: Sequence[UUID], *, session: Session) -> Mapping[UUID, tuple[DayCount, ...]]:
    """The days of each certificate, the latest first."""
    query = select(VerificationCount).where(VerificationCount.credential_id.in_(credential_ids))
    found: dict[UUID, tuple[DayCount, ...]] = dict.fromkeys(credential_ids, ())
    for row in session.scalars(query.order_by(VerificationCount.counted_on.desc())):
        found[row.credential_id] = (*found[row.credential_id], DayCount(row.counted_on, row.times))
    return found
