"""What the desk shows of merges of two accounts: those that wait, the latest closed ones, and one with its preview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import queries as sittings
from app.foundation.access import Actor
from app.privacy.errors import MergeNotFound
from app.privacy.merge_preview import MergePreview, merge_preview
from app.privacy.merge_rules import require_unconcerned
from app.privacy.models import AccountMerge, Evidence
from app.reviews import queries as reviews
from app.reviews.policy import ReviewPolicy

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class MergeView:
    """One merge."""

    id: UUID
    staying_address: str
    leaving_address: str
    evidence: tuple[Evidence, ...]
    reason: str
    asked_at: datetime
    asked_by: UUID | None
    asked_by_name: str | None
    heard_until_at: datetime
    lapses_at: datetime
    is_open: bool
    is_heard: bool  # nobody who was written to may object any more
    applied_at: datetime | None
    applied_by_name: str | None
    dropped_at: datetime | None
    dropped_by_name: str | None
    beyond: int  # sittings that were voided
    cases: int  # of these, put before a person


@dataclass(frozen=True, slots=True)
class MergeDesk:
    """Merges that a second person may carry out, the oldest first, and the latest that are closed."""

    open: tuple[MergeView, ...]
    closed: tuple[MergeView, ...]
    evidence: tuple[Evidence, ...]
    policy: ReviewPolicy
    resume_days: int  # in which an open sitting ends, for whoever has to wait for that


@dataclass(frozen=True, slots=True)
class MergeCard:
    """One merge; what it would do while it is open."""

    merge: MergeView
    preview: MergePreview | None
    resume_days: int


def merge_desk(actor: Actor, *, session: Session, at: datetime) -> MergeDesk:
    """The page at this moment, without what is about the reviewer's own accounts."""
    rows = session.scalars(select(AccountMerge).order_by(AccountMerge.asked_at.desc()).limit(MOST_SHOWN)).all()
    own = actor.person_id
    views = [_view(row, session=session, at=at) for row in rows if own not in (row.staying_id, row.leaving_id)]
    return MergeDesk(
        open=tuple(reversed([one for one in views if one.is_open])),
        closed=tuple(one for one in views if not one.is_open),
        evidence=tuple(Evidence),
        policy=reviews.policy(session=session, at=at),
        resume_days=sittings.sitting_policy(session=session, at=at).resume_days,
    )


def merge_card(merge_id: UUID, actor: Actor, *, session: Session, at: datetime) -> MergeCard:
    """One of them, computed again for this very look.

    Raises
    ------
    MergeNotFound, OwnMerge
    """
    row = session.get(AccountMerge, merge_id)
    if row is None:
        raise MergeNotFound
    require_unconcerned(actor, row.staying_id, row.leaving_id, session=session)
    view = _view(row, session=session, at=at)
    preview = merge_preview(row.staying_id, row.leaving_id, session=session, at=at) if view.is_open else None
    return MergeCard(view, preview, sittings.sitting_policy(session=session, at=at).resume_days)


def _view(row: AccountMerge, *, session: Session, at: datetime) -> MergeView:
    effects = row.effects or {}
    return MergeView(
        id=row.id,
        staying_address=accounts.person(row.staying_id, session=session).email,
        leaving_address=accounts.person(row.leaving_id, session=session).email,
        evidence=tuple(Evidence(one) for one in row.evidence),
        reason=row.reason,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        asked_by_name=accounts.name_of(row.asked_by, session=session),
        heard_until_at=row.heard_until_at,
        lapses_at=row.lapses_at,
        is_open=row.is_open(at=at),
        is_heard=at >= row.heard_until_at,
        applied_at=row.applied_at,
        applied_by_name=accounts.name_of(row.applied_by, session=session),
        dropped_at=row.dropped_at,
        dropped_by_name=accounts.name_of(row.dropped_by, session=session),
        beyond=len(effects.get("beyond", ())),
        cases=len(effects.get("cases", ())) + len(effects.get("register", ())),
    )
