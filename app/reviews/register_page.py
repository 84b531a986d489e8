"""What the desk shows of changes to the register: those that wait, the latest closed ones, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.credentials import queries as credentials
from app.credentials.queries import CredentialView
from app.foundation import policies
from app.norming import queries as norms
from app.norming.queries import NormView
from app.reviews.change_effects import EFFECTS
from app.reviews.change_rules import require_unconcerned
from app.reviews.errors import ChangeNotFound
from app.reviews.models import Change, RegisterChange
from app.reviews.policy import ReviewPolicy

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change. Whose certificate it is stands nowhere in it."""

    id: UUID
    kind: Change
    credential: CredentialView
    reason: str
    to_address: str | None
    asked_at: datetime
    asked_by: UUID | None
    asked_by_name: str | None
    lapses_at: datetime
    is_open: bool
    applied_at: datetime | None
    applied_by_name: str | None
    dropped_at: datetime | None
    dropped_by_name: str | None


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """Changes that a second person may apply, the oldest first, and the latest that are closed."""

    open: tuple[ChangeView, ...]
    closed: tuple[ChangeView, ...]
    rolled_back: tuple[NormView, ...]  # norms under which certificates still run
    kinds: tuple[Change, ...]
    policy: ReviewPolicy


def register_page(reviewer_id: UUID, *, session: Session, at: datetime) -> RegisterPage:
    """The page at this moment, without what is about the reviewer's own certificates."""
    rows = session.scalars(_latest()).all()
    views = [_view(row, session=session, at=at) for row in rows]
    others = [one for row, one in zip(rows, views, strict=True) if not _concerns(reviewer_id, row, one)]
    return RegisterPage(
        open=tuple(reversed([one for one in others if one.is_open])),
        closed=tuple(one for one in others if not one.is_open),
        rolled_back=norms.rolled_back(session=session),
        kinds=tuple(EFFECTS),
        policy=policies.current(ReviewPolicy, session=session, at=at),
    )


def change_view(change_id: UUID, reviewer_id: UUID, *, session: Session, at: datetime) -> ChangeView:
    """One of them.

    Raises
    ------
    ChangeNotFound, OwnCertificate
    """
    row = session.get(RegisterChange, change_id)
    if row is None:
        raise ChangeNotFound
    view = _view(row, session=session, at=at)
    require_unconcerned(reviewer_id, view.credential.person_id, row.to_person_id, session=session)
    return view


def count_open(reviewer_id: UUID, *, session: Session, at: datetime) -> int:
    """How many wait for a second person, but for those about the reviewer."""
    return len(register_page(reviewer_id, session=session, at=at).open)


def has_open_change(person_ids: Sequence[UUID], *, session: Session, at: datetime) -> bool:
    """Whether a change of one of their certificates, or one that would move something to them, waits."""
    held = [one.id for person_id in person_ids for one in credentials.credentials_of(person_id, session=session)]
    about = or_(RegisterChange.credential_id.in_(held), RegisterChange.to_person_id.in_(person_ids))
    return any(one.is_open(at=at) for one in session.scalars(select(RegisterChange).where(about)))


def _latest() -> Select[RegisterChange]:
    return select(RegisterChange).order_by(RegisterChange.asked_at.desc()).limit(MOST_SHOWN)


def _concerns(reviewer_id: UUID, row: RegisterChange, view: ChangeView) -> bool:
    return reviewer_id in (view.credential.person_id, row.to_person_id)


def _view(row: RegisterChange, *, session: Session, at: datetime) -> ChangeView:
    return ChangeView(
        id=row.id,
        kind=row.kind,
        credential=credentials.credential(row.credential_id, session=session),
        reason=row.reason,
        to_address=accounts.person(row.to_person_id, session=session).email if row.to_person_id else None,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        asked_by_name=accounts.name_of(row.asked_by, session=session),
        lapses_at=row.lapses_at,
        is_open=row.is_open(at=at),
        applied_at=row.applied_at,
        applied_by_name=accounts.name_of(row.applied_by, session=session),
        dropped_at=row.dropped_at,
        dropped_by_name=accounts.name_of(row.dropped_by, session=session),
    )
