"""The credentials of a closed account become the other account's of the same person.

Document, code, term, status entry, page and the name shown there stay byte for byte: a credential names its subject by
a number of its own, so no file in anybody's hands changes. Whether reminders go out is as the staying account chose.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.credentials.models import Credential, ReminderOptOut


def merge_credentials(staying_id: UUID, leaving_id: UUID, *, session: Session) -> None:
    """Change whose they are, and nothing of what they are."""
    session.execute(update(Credential).where(Credential.person_id == leaving_id).values(person_id=staying_id))
    session.execute(delete(ReminderOptOut).where(ReminderOptOut.person_id == leaving_id))
