"""Job: tells whoever a change of the register concerns what was done, why, and what they can do."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.credentials import queries as credentials
from app.credentials.public_classes import public_class
from app.foundation import written
from app.foundation.mail import Mailer, Message
from app.reviews.change_texts import LETTERS, MOVED_HERE
from app.reviews.models import RegisterChange


def send_change_letter(change_id: UUID, occasion: str, *, base_url: str, session: Session, mailer: Mailer) -> None:
    """Send it once: the key names change and occasion. A change that was erased meanwhile concerns nobody."""
    change = session.get(RegisterChange, change_id)
    if change is None:
        return
    found = credentials.credential(change.credential_id, session=session)
    reader = change.to_person_id if occasion == MOVED_HERE and change.to_person_id else found.person_id
    person = accounts.person(reader, session=session)
    text = LETTERS[occasion][person.language]
    body = text.body.format(
        skill=found.display["skill_names"][person.language],
        code=found.printed_code,
        until=written.day(found.valid_until, person.language),
        reason=change.reason,
        public_class=public_class(found.revocation_reason, person.language),
        link=f"{base_url}/me" if occasion == MOVED_HERE else f"{base_url}/credentials/{found.code}",
        base_url=base_url,
    )
    key = f"register:{occasion}:{change.id}"
    mailer.send(Message(person.email, text.subject, body, key=key, person_id=person.id))
