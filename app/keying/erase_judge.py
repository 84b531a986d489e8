"""Whoever judged under an address is no longer known by it; their ratings stay under the number of their seat."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.keying.models import Seat


def erase_judge(address: str, *, session: Session) -> None:
    """Take the address from every seat it was invited to."""
    session.execute(update(Seat).where(Seat.email == address).values(email=None))
