"""What stands against an erasure. Read, so that pages can say it before anybody presses a button."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.restrictions import is_on_legal_hold
from app.accounts.roles import is_staff
from app.credentials import queries as credentials
from app.foundation.errors import Conflict
from app.item_bank import item_record
from app.keying import queries as keying
from app.norming import queries as norms
from app.privacy.errors import CaseStillOpen, CertificateInDoubt, OnLegalHold, SignedRecords, StillStaff
from app.privacy.models import Certificates
from app.reviews import queries as reviews
from app.reviews import rescorings

RECORDS = (
    norms,
    item_record,
    keying,
    rescorings,
)  # whose entries name the people behind them for as long as results cite them


def require_erasable(person_id: UUID, certificates: Certificates, *, session: Session, at: datetime) -> None:
    """Raise what stands against erasing this person now, with this choice about certificates."""
    against = objection(person_id, session=session, at=at)
    if against is None and certificates is Certificates.KEEP:
        against = objection_to_keeping(person_id, session=session, at=at)
    if against is not None:
        raise against


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


def objection_to_keeping(person_id: UUID, *, session: Session, at: datetime) -> Conflict | None:
    """The same against keeping their certificates. A suspension may last, so it bars nobody who has them revoked."""
    held = credentials.ids_of(person_id, session=session)
    return CertificateInDoubt() if credentials.in_doubt(held, session=session, at=at) else None
