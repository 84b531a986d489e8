"""Reading sittings and what they are pinned to: frozen values for pages and the contexts above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from app.assessment import rules
from app.assessment.course import own_sitting
from app.assessment.errors import SittingNotFound
from app.assessment.former_sittings import allowance, taken_before
from app.assessment.models import Edition, Presentation, Sitting, State, Stop
from app.assessment.policy import SittingPolicy
from app.assessment.retention_policy import RetentionPolicy
from app.foundation import policies

SITTING_STATES, STOP_REASONS = tuple(State), tuple(Stop)  # every word that `state` and `stop_reason` may be


@dataclass(frozen=True, slots=True)
class SittingView:
    """A sitting as its candidate and the contexts above may see it."""

    id: UUID
    person_id: UUID
    skill: str
    language: str
    state: str
    started_at: datetime
    resumable_until: datetime
    ended_at: datetime | None
    stop_reason: str | None
    norm_id: UUID | None
    fewest_for_result: int  # scored units, by the policy of the start
    demo: bool  # compared with simulated people
    adjustments: tuple[str, ...]  # asked for by the candidate
    beyond_limit_at: datetime | None  # when it was found, by merging two accounts, that it could not have begun

    @property
    def is_open(self) -> bool:
        """Whether it takes responses."""
        return self.state == State.OPEN

    @property
    def is_complete(self) -> bool:
        """Whether a result comes of it."""
        return self.state == State.COMPLETED

    @property
    def is_annulled(self) -> bool:
        """Whether a person decided that it counts for nothing; a technical fault is told by its reason."""
        return self.state == State.VOID and self.stop_reason != Stop.TECHNICAL and self.beyond_limit_at is None


def latest_edition(skill: str, language: str, *, session: Session) -> Edition | None:
    """What a sitting that starts now is pinned to."""
    query = select(Edition).where(Edition.skill == skill, Edition.language == language)
    return session.scalar(query.order_by(Edition.id.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class NormedEdition:
    """What an edition pins of its norm."""

    name: str  # skill, language and number
    norm_id: UUID
    cut: float | None
    cut_standard_error: float | None
    composite: Mapping[str, Any] | None
    may_certify: bool
    demo: bool


def normed_editions(*, session: Session) -> tuple[NormedEdition, ...]:
    """Every edition there was that pins a norm."""
    query = select(Edition).where(Edition.norm_id.is_not(None)).order_by(Edition.id)
    return tuple(
        NormedEdition(
            f"{one.skill} {one.language} {one.id}",
            one.norm_id,
            one.cut,
            one.cut_standard_error,
            one.composite,
            one.may_certify,
            one.demo,
        )
        for one in session.scalars(query)
        if one.norm_id is not None
    )


def open_skills(language: str, *, session: Session) -> frozenset[str]:
    """Skills that can be taken in a language."""
    return frozenset(session.scalars(select(Edition.skill).where(Edition.language == language).distinct()))


def demo_skills(language: str, *, session: Session) -> frozenset[str]:
    """Skills in which a sitting that starts now is compared with simulated people."""
    return frozenset(
        skill
        for skill in open_skills(language, session=session)
        if (edition := latest_edition(skill, language, session=session)) is not None and edition.demo
    )


def sitting_of(sitting_id: UUID, person_id: UUID | None, *, session: Session, locked: bool = False) -> SittingView:
    """The person's own sitting; anybody else's is not found. Locked, it stays theirs to the end of the transaction."""
    return view_of(own_sitting(sitting_id, person_id, session=session, locked=locked), session=session)


def started_at(sitting_id: UUID, *, session: Session) -> datetime:
    """When it began, by which policies hold for it; or `SittingNotFound`."""
    found = session.scalar(select(Sitting.started_at).where(Sitting.id == sitting_id))
    if found is None:
        raise SittingNotFound(sitting_id)
    return found


def sittings_of(person_id: UUID, *, session: Session) -> tuple[SittingView, ...]:
    """A person's sittings, newest first."""
    query = select(Sitting).where(Sitting.person_id == person_id).order_by(Sitting.started_at.desc())
    return tuple(view_of(row, session=session) for row in session.scalars(query).all())


def view_of(row: Sitting, *, session: Session) -> SittingView:
    """The sitting as others may see it."""
    return SittingView(
        id=row.id,
        person_id=row.person_id,
        skill=row.skill,
        language=row.language,
        state=row.state,
        started_at=row.started_at,
        resumable_until=row.resumable_until,
        ended_at=row.completed_at,
        stop_reason=row.stop_reason,
        norm_id=row.norm_id,
        fewest_for_result=policies.pinned(SittingPolicy, row.policy_version, session=session).fewest_units_for_result,
        demo=row.demo,
        adjustments=tuple(row.adjustments or ()),
        beyond_limit_at=row.beyond_limit_at,
    )


def item_code_at(sitting_id: UUID, position: int, *, session: Session) -> str:
    """The code of the item shown at a position of a sitting."""
    shown = session.get(Presentation, (sitting_id, position))
    if shown is None:
        raise SittingNotFound(sitting_id)
    return shown.item_code


def shown_items(sitting_id: UUID, *, session: Session) -> tuple[str, ...]:
    """Codes of the items a sitting showed, in order."""
    query = select(Presentation.item_code).where(Presentation.sitting_id == sitting_id)
    return tuple(session.scalars(query.order_by(Presentation.position)))


def sitting_policy(*, session: Session, at: datetime) -> SittingPolicy:
    """The policy that a sitting begun at `at` is held to."""
    return policies.current(SittingPolicy, session=session, at=at)


def retention_policy(*, session: Session, at: datetime) -> RetentionPolicy:
    """How long responses are kept."""
    return policies.current(RetentionPolicy, session=session, at=at)


def retake_of(
    person_id: UUID, edition: Edition, *, session: Session, at: datetime, policy: SittingPolicy
) -> rules.Retake:
    """Whether the person may begin another sitting under this edition at `at`."""
    if allowance(person_id, edition.skill, session=session) is not None:
        return rules.Retake()
    return rules.retake(taken_before(person_id, edition, session=session, at=at), at=at, policy=policy)


# a literal, not a parameter: a partial index serves only who can be seen to ask for its rows
_OPEN: ColumnElement[str] = literal_column(f"'{State.OPEN}'")


def open_sittings(*, session: Session) -> int:
    """How many sittings take responses at this moment."""
    return session.scalar(select(func.count()).where(Sitting.state == _OPEN)) or 0
