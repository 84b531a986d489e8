"""How often certificates are looked at, what holders share with whom, and the questions of recruiters to holders.

All of it goes with the credential. Who opened a page is nowhere. No token stands here: a link is the row's id, signed
with the link keys, so the tables open nothing to who reads them.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base
from app.verification.errors import ChallengeOver


class VerificationCount(Base):
    """One certificate on one day, UTC."""

    __tablename__ = "verification_count"

    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id"), primary_key=True)
    counted_on: Mapped[date] = mapped_column(primary_key=True)
    times: Mapped[int]


class ShareGrant(Base):
    """One link for one reader to a certificate that may be private; `made_for` is the holder's own note."""

    __tablename__ = "share_grant"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"), index=True)
    made_for: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    def is_open(self, *, at: datetime) -> bool:
        """Whether the link still shows anything."""
        return self.ended_at is None and at < self.expires_at

    def end(self, *, at: datetime) -> None:
        """Close the link for good; the first end stands."""
        self.ended_at = self.ended_at or at


class ShareLook(Base):
    """How often a link was opened on one day (UTC). Nothing is kept of who opened it."""

    __tablename__ = "share_look"

    grant_id: Mapped[UUID] = mapped_column(ForeignKey("share_grant.id", ondelete="CASCADE"), primary_key=True)
    on_day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


class ControlChallenge(Base):
    """A recruiter's question whether somebody is the holder; answered once, or never. `number` is said aloud."""

    __tablename__ = "control_challenge"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"), index=True)
    number: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_at: Mapped[datetime | None]

    def confirm(self, *, at: datetime) -> None:
        """Note the holder's answer; there is one."""
        if self.confirmed_at is not None or at >= self.expires_at:
            raise ChallengeOver
        self.confirmed_at = at
