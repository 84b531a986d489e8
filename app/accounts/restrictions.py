"""A person whose data is only kept: why, who that is at present, and what may not go while it lasts.

Everything that would let somebody in, write to them or forget something of them asks here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts.errors import AccountRestricted
from app.accounts.models import Person, PersonRestriction
from app.foundation.locks import hold


class Cause(StrEnum):
    """Why nobody acts for the person here, and nothing of theirs is used."""

    DEATH = "death"
    LEGAL_HOLD = "legal-hold"  # a court may need it: nothing of it is erased while it lasts
    DISPUTE = "dispute"  # GDPR article 18: while somebody looks into what is right


NOT_FORGOTTEN = (Cause.LEGAL_HOLD, Cause.DISPUTE)


@dataclass(frozen=True, slots=True)
class RestrictionView:
    """One restriction that stands or stood."""

    email: str
    cause: Cause
    reason: str
    restricted_at: datetime
    lifted_at: datetime | None
    lifted_reason: str | None


def hold_accounts(*person_ids: UUID, session: Session) -> None:
    """Nobody is let in, restricted, merged or erased meanwhile on these accounts, to the end of the transaction.

    Whoever takes it takes it first: before `beginnings`, and before any row of theirs is locked or written.
    """
    for person_id in sorted(person_ids):
        hold(session, "restriction", person_id)


def require_unrestricted(person_id: UUID, *, session: Session) -> None:
    """Raise `AccountRestricted` while one stands."""
    if standing(person_id, session=session) is not None:
        raise AccountRestricted


def standing(person_id: UUID, *, session: Session) -> PersonRestriction | None:
    """The one that stands; the table admits no second."""
    query = select(PersonRestriction).where(PersonRestriction.person_id == person_id)
    return session.scalar(query.where(PersonRestriction.lifted_at.is_(None)))


def is_restricted(person_id: UUID, *, session: Session) -> bool:
    """Whether nothing is made of the person's data now, whatever the cause."""
    return standing(person_id, session=session) is not None


def is_on_legal_hold(person_id: UUID, *, session: Session) -> bool:
    """Whether nothing of the person may be erased now, whoever asks for it."""
    row = standing(person_id, session=session)
    return row is not None and row.cause == Cause.LEGAL_HOLD


def people_kept_from_retention(*, session: Session) -> tuple[UUID, ...]:
    """Whose data must be kept whatever its age: somebody else, or they themselves, may need it to show what was.

    Accounts that were merged into theirs belong to it.
    """
    standing_ones = select(PersonRestriction.person_id).where(PersonRestriction.lifted_at.is_(None))
    held = standing_ones.where(PersonRestriction.cause.in_(NOT_FORGOTTEN))
    return tuple(session.scalars(select(Person.id).where(or_(Person.id.in_(held), Person.merged_into_id.in_(held)))))


def lineages_kept_from_retention(*, session: Session) -> tuple[UUID, ...]:
    """The lineages of these people: what an earlier erasure of theirs left must be kept as well."""
    of_them = select(Person.lineage_id).where(Person.id.in_(people_kept_from_retention(session=session)))
    return tuple(one for one in session.scalars(of_them) if one is not None)


def restricted_people(*, session: Session) -> tuple[UUID, ...]:
    """Whose data is only kept at present, for whatever cause."""
    return tuple(session.scalars(select(PersonRestriction.person_id).where(PersonRestriction.lifted_at.is_(None))))


def restrictions(*, session: Session) -> tuple[RestrictionView, ...]:
    """All there are and were, the latest first."""
    query = select(PersonRestriction, Person.email).join(Person, Person.id == PersonRestriction.person_id)
    return tuple(
        RestrictionView(email, Cause(row.cause), row.reason, row.restricted_at, row.lifted_at, row.lifted_reason)
        for row, email in session.execute(query.order_by(PersonRestriction.restricted_at.desc()))
    )
