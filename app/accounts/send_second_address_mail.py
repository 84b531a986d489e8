"""Jobs: a second address is asked whether it may be written to, and the first one learns that it may."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.mail_texts import SECOND_ADDRESS_ADDED, SECOND_ADDRESS_ASKED
from app.accounts.models import Person, SecondAddress
from app.accounts.rules import mask_email
from app.accounts.second_addresses import NAMED, PROVEN, link_path
from app.foundation import written
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.foundation.mail import Mailer, Message


def send_second_address_mail(
    person_id: UUID,
    named_at: datetime,
    *,
    base_url: str,
    session: Session,
    clock: Clock,
    links: Links,
    mailer: Mailer,
) -> None:
    """Ask. An address that was taken back, replaced or has agreed meanwhile is not asked."""
    row, person = session.get(SecondAddress, person_id), session.get(Person, person_id)
    if row is None or person is None or row.named_at != named_at or row.proven_at is not None:
        return
    text = SECOND_ADDRESS_ASKED[person.language]
    body = text.body.format(
        first=mask_email(person.email),
        link=base_url + link_path(row, links=links),
        hours=queries.policy(session=session, at=clock.now()).second_address_link_hours,
        base_url=base_url,
    )
    mailer.send(Message(row.email, text.subject, body, key=f"{NAMED}:{person_id}:{named_at.timestamp()}"))


def send_second_address_notice(
    person_id: UUID, at: datetime, *, base_url: str, session: Session, mailer: Mailer
) -> None:
    """Tell the person. Nobody is written to once they are gone."""
    person = session.get(Person, person_id)
    if person is None:
        return
    text = SECOND_ADDRESS_ADDED[person.language]
    body = text.body.format(time=written.minute(at, person.language), base_url=base_url)
    key = f"{PROVEN}:{person_id}:{at.timestamp()}"
    mailer.send(Message(person.email, text.subject, body, key=key, person_id=person.id))
