"""Checks of sittings: which keep a sitting out of norms or of a retake's prior, and which wait for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.orm import Session

from app.assessment.errors import CheckNotFound
from app.assessment.models import Sitting, SittingCheck, State
from app.assessment.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check as a reviewer sees it: no name, no answer, only what was looked at."""

    sitting_id: UUID
    skill: str
    language: str
    completed_at: datetime
    units: int
    tier: int
    evidence: Mapping[str, Any]
    checked_at: datetime
    verdict: str | None
    reasons: str | None
    decided_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        """Whether a person still has to look."""
        return self.tier == 3 and self.verdict is None


def kept_out_of_norms() -> Select[UUID]:
    """Ids of the sittings that a norm sample goes without."""
    return select(SittingCheck.sitting_id).where(
        SittingCheck.tier > 1, SittingCheck.verdict.is_distinct_from(Verdict.SOUND.value)
    )


def may_seed_prior(sitting: Sitting, *, session: Session) -> bool:
    """Whether a retake may start from what this sitting said.

    Not a founding sitting, whose numbers stand on the authors' expectation; not one that is void, was annulled or never
    came to a result; not one at which a person has to look or has found something.
    """
    if sitting.norm_id is None or sitting.state != State.COMPLETED:
        return False
    check = session.get(SittingCheck, sitting.id)
    return check is None or not check.seeds_no_retake


MOST_SHOWN = 100
# a literal, not a parameter: a partial index serves only who can be seen to ask for its rows
WAITS: ColumnElement[int] = literal_column("3")


def check_of(sitting_id: UUID, *, session: Session) -> CheckView:
    """The check of one sitting.

    Raises
    ------
    CheckNotFound
    """
    row = session.execute(_with_sitting().where(SittingCheck.sitting_id == sitting_id)).one_or_none()
    if row is None:
        raise CheckNotFound(sitting_id)
    return _view(row[0], row[1])


def waiting(*, session: Session) -> tuple[CheckView, ...]:
    """Checks that wait for a person, the oldest first, `MOST_SHOWN` of them at most."""
    query = _with_sitting().where(SittingCheck.tier == WAITS, SittingCheck.verdict.is_(None))
    oldest = query.order_by(SittingCheck.checked_at).limit(MOST_SHOWN)
    return tuple(_view(check, sitting) for check, sitting in session.execute(oldest))


def decided(*, session: Session, most: int = 50) -> tuple[CheckView, ...]:
    """The latest that a person has decided."""
    query = _with_sitting().where(SittingCheck.verdict.is_not(None))
    return tuple(
        _view(check, sitting)
        for check, sitting in session.execute(query.order_by(SittingCheck.decided_at.desc()).limit(most))
    )


def _with_sitting() -> Select[SittingCheck, Sitting]:
    return select(SittingCheck, Sitting).join(Sitting, Sitting.id == SittingCheck.sitting_id)


def _view(check: SittingCheck, sitting: Sitting) -> CheckView:
    return CheckView(
        sitting_id=sitting.id,
        skill=sitting.skill,
        language=sitting.language,
        completed_at=sitting.completed_at or check.checked_at,
        units=int(check.evidence.get("units", 0)),
        tier=check.tier,
        evidence=check.evidence,
        checked_at=check.checked_at,
        verdict=check.verdict,
        reasons=check.reasons,
        decided_at=check.decided_at,
    )
