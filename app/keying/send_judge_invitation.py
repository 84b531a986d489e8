"""Job: a judge's link goes out, to the judge alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.foundation.mail import Mailer, Message
from app.item_bank import queries as item_bank
from app.keying.locked import token_of
from app.keying.mail_texts import INVITATION
from app.keying.models import Seat
from app.keying.policy import KeyingPolicy


def send_judge_invitation(
    seat_id: UUID, *, base_url: str, session: Session, clock: Clock, links: Links, mailer: Mailer
) -> None:
    """Send it. Once the panel is closed the address is gone, and nothing is sent."""
    seat = session.get(Seat, seat_id)
    if seat is None or seat.email is None or seat.signed_at is not None:
        return
    release = item_bank.release(seat.panel.release_id, session=session)
    subject, body = INVITATION[seat.language]
    text = body.format(
        skill=item_bank.skill(release.skill, session=session).names[seat.language],
        count=len(item_bank.option_counts(release.id, session=session)),
        days=policies.current(KeyingPolicy, session=session, at=clock.now()).link_days,
        link=f"{base_url}/judge/{token_of(seat, links=links)}?language={seat.language}",
        base_url=base_url,
    )
    mailer.send(Message(seat.email, subject, text, key=f"judge:{seat.id}:{int(seat.invited_at.timestamp())}"))
