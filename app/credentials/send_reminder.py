"""Job: one reminder of an expiry goes out by mail, with a link that stops all others at one click (RFC 8058)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.credentials.errors import CredentialNotFound
from app.credentials.models import Credential, ExpiryReminder, ReminderOptOut
from app.credentials.reminder_texts import REMINDER
from app.credentials.states import CredentialState
from app.foundation import written
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.foundation.mail import Mailer, Message

PURPOSE = "stop-reminders"


def send_reminder(
    credential_id: UUID, days: int, *, base_url: str, session: Session, clock: Clock, links: Links, mailer: Mailer
) -> bool:
    """Send it, and say whether it went out: not twice, nor about what was revoked or renewed since."""
    row, credential = session.get(ExpiryReminder, (credential_id, days)), session.get(Credential, credential_id)
    if row is None or credential is None:
        raise CredentialNotFound
    if row.sent_at is not None or not _is_wanted(credential, session=session):
        return False
    person = accounts.person(credential.person_id, session=session)
    text = REMINDER[person.language]
    stop = f"{base_url}/reminders/{links.sign(PURPOSE, str(person.id))}"
    named = {
        "skill": credential.display["skill_names"][person.language],
        "day": written.day(credential.valid_until, person.language),
        "time": written.minute(credential.valid_until, person.language),
        "code": credential.code,
        "slug": credential.skill,
        "base_url": base_url,
        "unsubscribe": stop,
    }
    subject = text.before if clock.now() < credential.valid_until else text.after
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    key = f"reminder:{credential_id}:{days}"
    words = subject.format(**named), text.body.format(**named)
    mailer.send(Message(person.email, *words, key=key, headers=headers, person_id=person.id))
    return True


def note_sent(credential_id: UUID, days: int, *, session: Session, clock: Clock) -> None:
    """Remember that it went out. A crash before this sends the same message again, under the same Message-ID."""
    row = session.get(ExpiryReminder, (credential_id, days), with_for_update=True)
    if row is not None and row.sent_at is None:
        row.sent_at = clock.now()


def _is_wanted(credential: Credential, *, session: Session) -> bool:
    newer = select(Credential.id).where(
        Credential.renews_id == credential.id,
        Credential.state == CredentialState.ISSUED,
        Credential.revoked_at.is_(None),
    )
    stopped = session.get(ReminderOptOut, credential.person_id)
    return credential.revoked_at is None and stopped is None and session.scalar(newer.limit(1)) is None
