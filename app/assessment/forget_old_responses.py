"""Use case: after their time, a sitting's responses go, and what was computed from them stays.

What goes: every response, which item stood where, what was reported of it, and the frozen copy. What stays: the
sitting, its pins, its numbers and the hash of what was frozen, so that a certificate can still be explained and nothing
can be put in the place of what is gone. Of people on a legal hold or in a dispute nothing goes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.restrictions import hold_accounts, people_kept_from_retention
from app.assessment.models import FORGOTTEN, FrozenSitting, ItemReport, Presentation, Response, Sitting, State


@dataclass(frozen=True, slots=True)
class OldResponses:
    """How many sittings, and how many responses in them."""

    sittings: int
    responses: int


def old_responses(*, before: datetime, session: Session) -> OldResponses:
    """What `forget_old_responses` would take, all together; nothing is changed."""
    due = _due(before, people_kept_from_retention(session=session))
    sittings = session.scalar(select(func.count()).select_from(due.subquery())) or 0
    responses = session.scalar(select(func.count()).where(Response.sitting_id.in_(due))) or 0
    return OldResponses(sittings, responses)


def forget_old_responses(*, before: datetime, most: int, session: Session) -> OldResponses:
    """Forget the responses of at most so many sittings that ended before that instant, oldest first."""
    due = _due(before, people_kept_from_retention(session=session)).order_by(Sitting.completed_at).limit(most)
    found = session.execute(due.with_only_columns(Sitting.id, Sitting.person_id)).all()
    hold_accounts(*{person_id for _, person_id in found}, session=session)
    kept = people_kept_from_retention(session=session)  # again: a legal hold may have come while this waited
    ids = [sitting_id for sitting_id, person_id in found if person_id not in kept]
    responses = session.scalar(select(func.count()).where(Response.sitting_id.in_(ids))) or 0
    for table in (Response, ItemReport, Presentation):  # a report names the place where the item stood
        session.execute(delete(table).where(table.sitting_id.in_(ids)))
    session.execute(update(FrozenSitting).where(FrozenSitting.sitting_id.in_(ids)).values(responses=FORGOTTEN))
    return OldResponses(len(ids), responses)


def _due(before: datetime, kept: Collection[UUID]) -> Select[UUID]:
    return select(Sitting.id).where(
        Sitting.state != State.OPEN,
        Sitting.completed_at < before,
        Sitting.person_id.not_in(kept),
        or_(_has_rows(), _is_frozen_with_responses()),
    )


def _has_rows() -> ColumnElement[Any]:
    return exists().where(Presentation.sitting_id == Sitting.id)


def _is_frozen_with_responses() -> ColumnElement[Any]:
    return exists().where(FrozenSitting.sitting_id == Sitting.id, FrozenSitting.responses != FORGOTTEN)
