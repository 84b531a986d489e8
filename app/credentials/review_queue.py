"""Reading certificates that wait for a person after their key was in other hands. Whose they are, nothing says.

A certificate stands here once, whichever of its keys were in other hands: it is decided about once, for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.credentials import codes
from app.credentials.errors import OwnCertificate, ReviewNotFound
from app.credentials.issue_record import recorded_issues
from app.credentials.models import Credential, CredentialReview, IssuerKey
from app.credentials.states import ReviewDecision

MOST_SHOWN = 100  # waiting ones on one page, which may be decided at once
MOST_CLOSED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ReviewView(codes.Coded):
    """One certificate to look at, with the instants that put it here."""

    id: UUID
    credential_id: UUID
    code: str
    skill: str
    issued_at: datetime | None  # what its row says
    recorded_at: datetime | None  # what the append-only record says
    key_id: str  # of the review that is due first
    key_ids: tuple[str, ...]  # of all that wait with it, or were decided with it
    trusted_until: datetime
    declared_at: datetime
    opened_at: datetime
    due_on: date
    is_overdue: bool
    decided_at: datetime | None
    decided_by: UUID | None
    decision: ReviewDecision | None
    reason: str | None
    carried_out_at: datetime | None
    is_revoked: bool  # its certificate, for whatever reason

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.decided_at is None

    @property
    def row_was_changed(self) -> bool:
        """Whether the row claims an issue before the compromise that the record does not know."""
        claims = self.issued_at is not None and self.issued_at < self.trusted_until
        return claims and (self.recorded_at is None or self.recorded_at >= self.trusted_until)


def waiting(
    reviewer_id: UUID | None, *, session: Session, at: datetime, most: int | None = MOST_SHOWN
) -> tuple[ReviewView, ...]:
    """Those that wait, the most urgent first; never the reviewer's own."""
    query = _once(_others(reviewer_id)).where(CredentialReview.decided_at.is_(None))
    query = query.order_by(CredentialReview.due_on, CredentialReview.opened_at, Credential.code)
    return _views(query.limit(most), session=session, at=at)


def closed_lately(reviewer_id: UUID | None, *, session: Session, at: datetime) -> tuple[ReviewView, ...]:
    """The latest decided ones; never the reviewer's own."""
    query = _once(_others(reviewer_id)).where(CredentialReview.decided_at.is_not(None))
    query = query.order_by(CredentialReview.decided_at.desc(), Credential.code)
    return _views(query.limit(MOST_CLOSED_SHOWN), session=session, at=at)


def count_waiting(reviewer_id: UUID | None, *, session: Session) -> int:
    """How many wait in all, but for the reviewer's own."""
    query = _once(_others(reviewer_id)).where(CredentialReview.decided_at.is_(None))
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def is_waiting(credential_id: UUID, *, session: Session) -> bool:
    """Whether the credential waits for such a decision, or for the worker to carry it out."""
    query = select(CredentialReview.id).where(CredentialReview.credential_id == credential_id)
    return session.scalar(query.where(CredentialReview.carried_out_at.is_(None)).limit(1)) is not None


def is_undecided(credential_id: UUID, *, session: Session) -> bool:
    """Whether somebody still has to decide about the credential."""
    query = select(CredentialReview.id).where(CredentialReview.credential_id == credential_id)
    return session.scalar(query.where(CredentialReview.decided_at.is_(None)).limit(1)) is not None


def review_for(review_id: UUID, reviewer_id: UUID | None, *, session: Session, at: datetime) -> ReviewView:
    """One of them.

    Raises
    ------
    ReviewNotFound, OwnCertificate
    """
    found = _views(_all().where(CredentialReview.id == review_id), session=session, at=at)
    if not found:
        raise ReviewNotFound
    holder = session.scalar(select(Credential.person_id).where(Credential.id == found[0].credential_id))
    if reviewer_id and holder and accounts.is_same_person(holder, reviewer_id, session=session):
        raise OwnCertificate
    return found[0]


def _all() -> Select[CredentialReview, Credential, IssuerKey]:
    return (
        select(CredentialReview, Credential, IssuerKey)
        .join(Credential, CredentialReview.credential_id == Credential.id)
        .join(IssuerKey, CredentialReview.key_id == IssuerKey.key_id)
    )


def _others(reviewer_id: UUID | None) -> Select[CredentialReview, Credential, IssuerKey]:
    return _all() if reviewer_id is None else _all().where(Credential.person_id != reviewer_id)


def _once(
    query: Select[CredentialReview, Credential, IssuerKey],
) -> Select[CredentialReview, Credential, IssuerKey]:
    """Of the reviews of one certificate that wait, or that were decided at one moment, the most urgent alone."""
    place = func.row_number().over(
        partition_by=(CredentialReview.credential_id, CredentialReview.decided_at),
        order_by=(CredentialReview.due_on, CredentialReview.opened_at, CredentialReview.key_id),
    )
    placed = select(CredentialReview.id, place.label("place")).subquery()
    return query.where(CredentialReview.id.in_(select(placed.c.id).where(placed.c.place == 1)))


def _keys(credential_ids: Sequence[UUID], *, session: Session) -> dict[tuple[UUID, datetime | None], tuple[str, ...]]:
    """The keys of the reviews of these, by certificate and by when they were decided."""
    query = select(CredentialReview.credential_id, CredentialReview.decided_at, CredentialReview.key_id)
    rows = session.execute(query.where(CredentialReview.credential_id.in_(credential_ids)))
    found: defaultdict[tuple[UUID, datetime | None], list[str]] = defaultdict(list)
    for credential_id, decided_at, key_id in rows:
        found[credential_id, decided_at].append(key_id)
    return {which: tuple(sorted(key_ids)) for which, key_ids in found.items()}


def _views(
    query: Select[CredentialReview, Credential, IssuerKey], *, session: Session, at: datetime
) -> tuple[ReviewView, ...]:
    rows = session.execute(query).all()
    credential_ids = [credential.id for _, credential, _ in rows]
    recorded = recorded_issues(credential_ids, session=session)
    keys = _keys(credential_ids, session=session)
    return tuple(
        _view(review, credential, key, recorded.get(credential.id), keys[credential.id, review.decided_at], at=at)
        for review, credential, key in rows
    )


def _view(
    review: CredentialReview,
    credential: Credential,
    key: IssuerKey,
    recorded_at: datetime | None,
    key_ids: tuple[str, ...],
    *,
    at: datetime,
) -> ReviewView:
    return ReviewView(
        id=review.id,
        credential_id=credential.id,
        code=credential.code,
        skill=credential.skill,
        issued_at=credential.issued_at,
        recorded_at=recorded_at,
        key_id=review.key_id,
        key_ids=key_ids,
        trusted_until=key.compromised_since or review.opened_at,
        declared_at=key.compromised_at or review.opened_at,
        opened_at=review.opened_at,
        due_on=review.due_on,
        is_overdue=review.decided_at is None and at.date() > review.due_on,
        decided_at=review.decided_at,
        decided_by=review.decided_by,
        decision=review.decision,
        reason=review.reason,
        carried_out_at=review.carried_out_at,
        is_revoked=credential.revoked_at is not None,
    )
