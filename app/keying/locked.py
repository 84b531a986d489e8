"""Panels and seats, held to the end of the transaction."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.keying.errors import PanelClosed, PanelNotFound, SeatNotFound
from app.keying.models import Panel, Seat
from app.keying.policy import KeyingPolicy

PURPOSE = "judge"
SECONDS_PER_DAY = 86400


def open_panel_for_update(panel_id: UUID, *, session: Session) -> Panel:
    """The panel, while its judges may still rate.

    Raises
    ------
    PanelNotFound, PanelClosed
    """
    panel = session.get(Panel, panel_id, with_for_update=True)
    if panel is None:
        raise PanelNotFound(panel_id)
    if not panel.is_open:
        raise PanelClosed
    return panel


def token_of(seat: Seat, *, links: Links) -> str:
    """What the judge's link carries: the seat, and nothing of the person."""
    return links.sign(PURPOSE, str(seat.id))


def seat_of(token: str, *, session: Session, clock: Clock, links: Links, locked: bool = False) -> Seat:
    """The judge behind a link that we signed and that is not too old.

    Raises
    ------
    LinkInvalid, LinkExpired, SeatNotFound
    """
    policy = policies.current(KeyingPolicy, session=session, at=clock.now())
    seat_id = links.read(PURPOSE, token, max_age_seconds=policy.link_days * SECONDS_PER_DAY)
    seat = session.get(Seat, UUID(seat_id), with_for_update=locked or None)
    if seat is None:
        raise SeatNotFound
    return seat


def seat_that_may_rate(token: str, *, session: Session, clock: Clock, links: Links) -> Seat:
    """The judge, held, with the panel known to be open to the end of the transaction."""
    seat = seat_of(token, session=session, clock=clock, links=links, locked=True)
    open_panel_for_update(seat.panel_id, session=session)
    return seat
