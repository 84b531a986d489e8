"""Use case: a judge rates every option of one scenario."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.links import Links
from app.item_bank import queries as item_bank
from app.keying.errors import AlreadySigned, NotDeclared, RatingInvalid
from app.keying.locked import seat_that_may_rate
from app.keying.models import Rating
from app.keying.rules import HIGHEST, LOWEST


def rate_scenario(
    token: str, item_code: str, values: Sequence[int | None], *, session: Session, clock: Clock, links: Links
) -> None:
    """Keep the ratings; until the judge signs, rating again replaces them.

    Raises
    ------
    NotDeclared, AlreadySigned, RatingInvalid, PanelClosed, LinkInvalid, LinkExpired
    """
    seat = seat_that_may_rate(token, session=session, clock=clock, links=links)
    if seat.declared_at is None:
        raise NotDeclared
    if seat.signed_at is not None:
        raise AlreadySigned
    options = item_bank.option_counts(seat.panel.release_id, session=session).get(item_code)
    whole = [value for value in values if value is not None and LOWEST <= value <= HIGHEST]
    if options is None or len(values) != options or len(whole) != options:
        raise RatingInvalid
    session.merge(Rating(seat_id=seat.id, item_code=item_code, values=whole, rated_at=clock.now()))
    session.flush()
