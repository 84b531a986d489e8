"""Checks of sittings: which keep a sitting out of norms or of a retake's prior, and which wait for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.errors import CheckNotFound, OwnCheck
from app.assessment.models import Sitting, SittingCheck, SittingLikeness, State
from app.assessment.tiers import NOTHING_ODD
from app.assessment.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class AlikeView:
    """Another sitting that has more answers in common with this one than chance gives."""

    sitting_id: UUID
    common: int
    equal: int
    expected: float
    share: float


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
    is_waiting: bool  # for a person
    was_called: bool  # because of another sitting
    alike: tuple[AlikeView, ...] = ()  # on the page of one check


def kept_out_of_norms() -> Select[UUID]:
    """Ids of the sittings that a norm sample goes without.

    Likeness to another sitting keeps nothing out by itself: a person has to find the sitting not sound.
    """
    is_odd = and_(SittingCheck.tier > NOTHING_ODD, SittingCheck.verdict.is_(None))
    return select(SittingCheck.sitting_id).where(or_(is_odd, SittingCheck.verdict == Verdict.NOT_SOUND.value))


def is_checked_where_due() -> ColumnElement[bool]:
    """Whether a completed sitting was looked at, if it is one to look at; until then it serves no norm.

    Not due are sittings without a calibration, whose answers nothing can be held against, and those that ended before
    there were checks: they keep no step of the ledger of item states, which came later than checks.
    """
    return or_(
        Sitting.calibration_id.is_(None),
        Sitting.item_states_at.is_(None),
        Sitting.id.in_(select(SittingCheck.sitting_id)),
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
    return replace(_view(row[0], row[1]), alike=_alike(sitting_id, session=session))


def _alike(sitting_id: UUID, *, session: Session) -> tuple[AlikeView, ...]:
    """Every pair that the sitting is in, the most alike first."""
    query = _pairs_of(sitting_id).order_by(SittingLikeness.share, SittingLikeness.found_at)
    return tuple(
        AlikeView(
            pair.sitting_id if pair.other_id == sitting_id else pair.other_id,
            pair.common,
            pair.equal,
            pair.expected,
            pair.share,
        )
        for pair in session.scalars(query)
    )


def _pairs_of(sitting_id: UUID) -> Select[SittingLikeness]:
    return select(SittingLikeness).where(
        or_(SittingLikeness.sitting_id == sitting_id, SittingLikeness.other_id == sitting_id)
    )


def require_uninvolved(sitting_id: UUID, person_id: UUID, *, session: Session) -> None:
    """Whoever sat, or sat one that is like it, neither sees the check nor decides it.

    Raises
    ------
    OwnCheck
    """
    pairs = _pairs_of(sitting_id).subquery()
    is_looked_at = or_(
        Sitting.id == sitting_id, Sitting.id.in_(select(pairs.c.sitting_id)), Sitting.id.in_(select(pairs.c.other_id))
    )
    sat = session.scalars(select(Sitting.person_id).where(is_looked_at).distinct())
    if any(accounts.is_same_person(person_id, one, session=session) for one in sat):
        raise OwnCheck


def waiting(*, session: Session) -> tuple[CheckView, ...]:
    """Checks that wait for a person, the oldest first, `MOST_SHOWN` of them at most."""
    needs_a_person = or_(SittingCheck.tier == WAITS, SittingCheck.called_at.is_not(None))
    query = _with_sitting().where(needs_a_person, SittingCheck.verdict.is_(None))
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
        is_waiting=check.needs_a_person,
        was_called=check.called_at is not None,
    )
