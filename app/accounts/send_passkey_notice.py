"""Job: a person learns by mail that a passkey was added to their account, removed, or suspended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.mail_texts import PASSKEY_ADDED, PASSKEY_REMOVED, PASSKEY_SUSPENDED
from app.accounts.models import Person
from app.accounts.passkey_notices import ADDED, REMOVED, SUSPENDED
from app.foundation import written
from app.foundation.mail import Mailer, Message

TEXTS = {ADDED: PASSKEY_ADDED, REMOVED: PASSKEY_REMOVED, SUSPENDED: PASSKEY_SUSPENDED}


def send_passkey_notice(
    kind: str, passkey_id: UUID, person_id: UUID, at: datetime, *, base_url: str, session: Session, mailer: Mailer
) -> None:
    """Send it. Run again, it sends the same message under the same key; nobody is written to once they are gone."""
    person = session.get(Person, person_id)
    if person is None:
        return
    text = TEXTS[kind][person.language]
    body = text.body.format(time=written.minute(at, person.language), base_url=base_url)
    mailer.send(Message(person.email, text.subject, body, key=f"passkey-{kind}:{passkey_id}", person_id=person.id))
