"""Panels, the seats of their judges, what each judge rated, and the agreement on which a key rests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.foundation.db import Base


class Panel(Base):
    """The judges of one bank release; there is one panel for a release."""

    __tablename__ = "key_panel"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"), unique=True)
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    is_simulated: Mapped[bool]  # a developer's run: its key may never lose the provisional mark for real people
    closed_at: Mapped[datetime | None]

    seats: Mapped[list[Seat]] = relationship(order_by="Seat.number")

    @property
    def is_open(self) -> bool:
        """Whether judges may still rate."""
        return self.closed_at is None


class Seat(Base):
    """One judge of a panel. The address is forgotten when the panel closes: the evidence names nobody."""

    __tablename__ = "key_seat"
    __table_args__ = (
        UniqueConstraint("panel_id", "number", name="uq_key_seat_number"),
        UniqueConstraint("panel_id", "email", name="uq_key_seat_email"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    panel_id: Mapped[UUID] = mapped_column(ForeignKey("key_panel.id"))
    number: Mapped[int]
    email: Mapped[str | None]
    language: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)  # of the order in which this judge reads the scenarios
    invited_at: Mapped[datetime]
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # None: by a release that kept it not
    declared_at: Mapped[datetime | None]  # independence, in the judge's own word
    signed_at: Mapped[datetime | None]

    panel: Mapped[Panel] = relationship(back_populates="seats")


class Rating(Base):
    """What one judge makes of one scenario: a rating for every option, 1 to 6."""

    __tablename__ = "key_rating"

    seat_id: Mapped[UUID] = mapped_column(ForeignKey("key_seat.id"), primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    values: Mapped[list[int]]
    rated_at: Mapped[datetime]


class Agreement(Base):
    """The recorded agreement by which a key lost its mark: how many judges, and every figure. Written once."""

    __tablename__ = "key_agreement"
    __table_args__ = (CheckConstraint("cleared_by <> opened_by", name="two_people"),)

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("key_panel.id"), primary_key=True)
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"), unique=True)  # that carries the key
    judges: Mapped[int]
    figures: Mapped[dict[str, Any]]  # by scenario
    sent_back: Mapped[list[str]]  # scenarios left out of the release
    sha256: Mapped[str]
    policy_version: Mapped[int]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    cleared_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    cleared_at: Mapped[datetime]
