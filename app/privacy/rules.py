"""What stands against an erasure. Read, so that pages can say it before anybody presses a button."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.restrictions import is_on_legal_hold
from app.accounts.roles import is_staff
from app.foundation.errors import Conflict
from app.item_bank import item_record
from app.keying import queries as keying
from app.norming import queries as norms
from app.privacy.errors import CaseStillOpen, OnLegalHold, SignedRecords, StillStaff
from app.reviews import queries as reviews
from app.reviews import rescorings

RECORDS = (
    norms,
    item_record,
    keying,
    rescorings,
)  # whose entries name the people behind them for as long as results cite them


def objection(person_id: UUID, *, session: Session, at: datetime) -> Conflict | None:
    """The first thing that stands against erasing this person now, or None."""
    if is_on_legal_hold(person_id, session=session):
        return OnLegalHold()
    if any(record.has_signed(person_id, session=session) for record in RECORDS):
        return SignedRecords()
    if is_staff(accounts.person(person_id, session=session).roles):
        return StillStaff()
    waiting = reviews.open_cases_of(person_id, session=session, at=at)
    return CaseStillOpen(max(case.due_on for case in waiting)) if waiting else None
