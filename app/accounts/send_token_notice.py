"""Job: a person learns by mail that a token for programs was made on their account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.mail_texts import TOKEN_MADE
from app.accounts.models import Person
from app.foundation import written
from app.foundation.mail import Mailer, Message


def send_token_notice(
    token_id: UUID, person_id: UUID, at: datetime, *, base_url: str, session: Session, mailer: Mailer
) -> None:
    """Send it. Run again, it sends the same message under the same key; nobody is written to once they are gone."""
    person = session.get(Person, person_id)
    if person is None:
        return
    text = TOKEN_MADE[person.language]
    body = text.body.format(time=written.minute(at, person.language), base_url=base_url)
    mailer.send(Message(person.email, text.subject, body, key=f"api-token-made:{token_id}", person_id=person.id))
