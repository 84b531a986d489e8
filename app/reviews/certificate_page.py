"""What the desk shows of certificates whose key was in other hands: the queue, and one of them with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.errors import PersonNotFound
from app.credentials import queries as credentials
from app.credentials import review_queue
from app.credentials.review_evidence import ReviewEvidence, evidence_of
from app.credentials.review_queue import ReviewView
from app.item_bank import queries as banks


@dataclass(frozen=True, slots=True)
class CertificateQueue:
    """Those that wait by the key that signed them, the most urgent first, and the latest decided ones."""

    by_key: tuple[tuple[ReviewView, ...], ...]
    shown: int
    waiting: int  # of which the first are shown
    closed: tuple[ReviewView, ...]
    skills: Mapping[str, banks.SkillView]
    names: Mapping[UUID, str]
    longest_reason: int

    @property
    def overdue(self) -> int:
        """How many of those shown have waited too long."""
        return sum(review.is_overdue for reviews in self.by_key for review in reviews)


@dataclass(frozen=True, slots=True)
class CertificateCard:
    """One certificate with everything it rests on, computed again for this very look."""

    review: ReviewView
    evidence: ReviewEvidence
    skill: banks.SkillView
    decided_by: str | None
    longest_reason: int


def certificate_queue(reviewer_id: UUID, *, session: Session, at: datetime) -> CertificateQueue:
    """The queue at this moment."""
    waiting = review_queue.waiting(reviewer_id, session=session, at=at)
    closed = review_queue.closed_lately(reviewer_id, session=session, at=at)
    ordered = sorted(waiting, key=lambda review: (review.declared_at, review.key_id))  # stable: urgency stays within
    return CertificateQueue(
        by_key=tuple(tuple(reviews) for _, reviews in groupby(ordered, key=lambda review: review.key_id)),
        shown=len(waiting),
        waiting=review_queue.count_waiting(reviewer_id, session=session),
        closed=closed,
        skills={slug: banks.skill(slug, session=session) for slug in {one.skill for one in (*waiting, *closed)}},
        names=_names(closed, session=session),
        longest_reason=credentials.policy(session=session, at=at).longest_review_reason,
    )


def certificate_card(review_id: UUID, reviewer_id: UUID, *, session: Session, at: datetime) -> CertificateCard:
    """One certificate.

    Raises
    ------
    ReviewNotFound, OwnCertificate
    """
    review = review_queue.review_for(review_id, reviewer_id, session=session, at=at)
    return CertificateCard(
        review=review,
        evidence=evidence_of(review_id, session=session),
        skill=banks.skill(review.skill, session=session),
        decided_by=_names([review], session=session).get(review.decided_by) if review.decided_by else None,
        longest_reason=credentials.policy(session=session, at=at).longest_review_reason,
    )


def _names(reviews: Sequence[ReviewView], *, session: Session) -> dict[UUID, str]:
    return {one: _name(one, session=session) for one in {review.decided_by for review in reviews} if one is not None}


def _name(person_id: UUID, *, session: Session) -> str:
    try:
        person = accounts.person(person_id, session=session)
    except PersonNotFound:
        return ""
    return person.name_or_address
