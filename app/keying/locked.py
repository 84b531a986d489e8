"""Panels and seats, held to the end of the transaction."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
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


def seat_of(token: str, *, session: Session, clock: Clock, links: Links) -> Seat:
    """The judge behind a link that we signed and that is not too old.

    Raises
    ------
    LinkInvalid, LinkExpired, SeatNotFound
    """
    seat = session.get(Seat, _seat_id(token, session=session, clock=clock, links=links))
    if seat is None:
        raise SeatNotFound
    return seat


def seat_that_may_rate(token: str, *, session: Session, clock: Clock, links: Links) -> Seat:
    """The judge, held, with the panel known to be open to the end of the transaction.

    The panel is held before the seat, as by whoever invites judges or releases their key.

    Raises
    ------
    LinkInvalid, LinkExpired, SeatNotFound, PanelClosed
    """
    seat_id = _seat_id(token, session=session, clock=clock, links=links)
    panel_id = session.scalar(select(Seat.panel_id).where(Seat.id == seat_id))
    if panel_id is None:
        raise SeatNotFound
    open_panel_for_update(panel_id, session=session)
    return session.get_one(Seat, seat_id, with_for_update=True)


def _seat_id(token: str, *, session: Session, clock: Clock, links: Links) -> UUID:
    policy = policies.current(KeyingPolicy, session=session, at=clock.now())
    return UUID(links.read(PURPOSE, token, max_age_seconds=policy.link_days * SECONDS_PER_DAY))
