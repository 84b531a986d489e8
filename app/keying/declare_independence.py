"""Use case: a judge says that they did not write the situations, and judge on their own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.links import Links
from app.keying.locked import seat_that_may_rate


def declare_independence(token: str, *, session: Session, clock: Clock, links: Links) -> None:
    """Keep the instant of the judge's word; said again, the first instant stays."""
    seat = seat_that_may_rate(token, session=session, clock=clock, links=links)
    if seat.declared_at is None:
        seat.declared_at = clock.now()
        session.flush()
