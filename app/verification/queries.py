"""Reading how often certificates were looked at, shares and questions. What comes back is frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import queries as credentials
from app.credentials.queries import CredentialView
from app.foundation import policies
from app.foundation.links import Links
from app.verification import signed_ids
from app.verification.errors import ChallengeNotFound
from app.verification.models import ControlChallenge, ShareGrant, ShareLook, VerificationCount
from app.verification.policy import VerificationPolicy


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day on which a certificate was looked at."""

    day: date
    times: int


def looked_at(credential_ids: Sequence[UUID], *, session: Session) -> Mapping[UUID, tuple[DayCount, ...]]:
    """The days of each certificate, the latest first."""
    query = select(VerificationCount).where(VerificationCount.credential_id.in_(credential_ids))
    found: dict[UUID, tuple[DayCount, ...]] = dict.fromkeys(credential_ids, ())
    for row in session.scalars(query.order_by(VerificationCount.counted_on.desc())):
        found[row.credential_id] = (*found[row.credential_id], DayCount(row.counted_on, row.times))
    return found


@dataclass(frozen=True, slots=True)
class ShareView:
    """One link as its holder sees it, with the looks through it by day. `token` is None once it shows nothing."""

    id: UUID
    made_for: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    token: str | None
    looks: tuple[tuple[date, int], ...]

    @property
    def is_open(self) -> bool:
        """Whether it still shows the certificate."""
        return self.token is not None


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """One question and its answer; of the credential no more than its code and skill is told."""

    credential: CredentialView
    number: str
    asked_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    is_over: bool


def shares_of(credential_id: UUID, *, session: Session, links: Links, at: datetime) -> tuple[ShareView, ...]:
    """Every link to a credential, newest first."""
    query = select(ShareGrant).where(ShareGrant.credential_id == credential_id).order_by(ShareGrant.made_at.desc())
    return tuple(_share(row, session=session, links=links, at=at) for row in session.scalars(query))


def challenge(token: str, *, session: Session, links: Links, at: datetime) -> ChallengeView:
    """The question behind a link.

    Raises
    ------
    ChallengeNotFound
    """
    row_id = signed_ids.id_of(signed_ids.CHALLENGE, token, links=links)
    row = session.get(ControlChallenge, row_id) if row_id else None
    if row is None:
        raise ChallengeNotFound
    return ChallengeView(
        credential=credentials.credential(row.credential_id, session=session),
        number=row.number,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        confirmed_at=row.confirmed_at,
        is_over=at >= row.expires_at,
    )


def own_challenge(token: str, person_id: UUID | None, *, session: Session, links: Links, at: datetime) -> ChallengeView:
    """The same for the holder alone; to anyone else it does not exist."""
    found = challenge(token, session=session, links=links, at=at)
    if person_id is None or found.credential.person_id != person_id:
        raise ChallengeNotFound
    return found


def policy(*, session: Session, at: datetime) -> VerificationPolicy:
    """The policy in force."""
    return policies.current(VerificationPolicy, session=session, at=at)


def _share(row: ShareGrant, *, session: Session, links: Links, at: datetime) -> ShareView:
    looks = select(ShareLook).where(ShareLook.grant_id == row.id).order_by(ShareLook.on_day.desc())
    return ShareView(
        id=row.id,
        made_for=row.made_for,
        made_at=row.made_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        token=signed_ids.signed_id(signed_ids.SHARE, row.id, links=links) if row.is_open(at=at) else None,
        looks=tuple((look.on_day, look.count) for look in session.scalars(looks)),
    )
