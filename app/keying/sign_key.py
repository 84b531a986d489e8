"""Use case: a judge signs. From then on the ratings count, and stay."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.item_bank import queries as item_bank
from app.keying.errors import NotAllRated
from app.keying.locked import seat_that_may_rate
from app.keying.models import Rating

JUDGE = Actor(None, "judge")


def sign_key(token: str, *, session: Session, clock: Clock, links: Links) -> None:
    """Sign the whole key; signed before, nothing changes.

    Raises
    ------
    NotAllRated, PanelClosed
    """
    seat = seat_that_may_rate(token, session=session, clock=clock, links=links)
    if seat.signed_at is not None:
        return
    rated = session.scalar(select(func.count()).where(Rating.seat_id == seat.id)) or 0
    missing = len(item_bank.option_counts(seat.panel.release_id, session=session)) - rated
    if missing:
        raise NotAllRated(missing)
    seat.signed_at = clock.now()
    session.flush()
    audit.record("panel.key_signed", seat.id, actor=JUDGE, at=seat.signed_at, session=session)
