"""Use case: somebody wants no reminders any more, or wants them again. The link in each mail is enough for both."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.credentials.models import ReminderOptOut
from app.credentials.send_reminder import PURPOSE
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.errors import NotFound
from app.foundation.links import LinkInvalid, Links
from app.foundation.locks import hold

LINK_SECONDS = 800 * 86400  # a mail of last year is still worth an answer


def holder_of_link(token: str, *, links: Links, session: Session) -> UUID:
    """Whose reminders the link is about.

    Raises
    ------
    LinkInvalid, LinkExpired
    """
    try:
        return accounts.person(UUID(links.read(PURPOSE, token, max_age_seconds=LINK_SECONDS)), session=session).id
    except (NotFound, ValueError):
        raise LinkInvalid from None


def stop_reminders(token: str, *, links: Links, session: Session, clock: Clock) -> None:
    """No more reminders; asked twice, it is the same."""
    person_id = holder_of_link(token, links=links, session=session)
    hold(session, "reminders", person_id)
    if session.get(ReminderOptOut, person_id) is None:
        session.add(ReminderOptOut(person_id=person_id, since_at=clock.now()))
        audit.record("reminders.stopped", person_id, actor=system(), at=clock.now(), session=session)
        session.flush()


def resume_reminders(token: str, *, links: Links, session: Session, clock: Clock) -> None:
    """Reminders again, from the next that falls due."""
    person_id = holder_of_link(token, links=links, session=session)
    hold(session, "reminders", person_id)
    row = session.get(ReminderOptOut, person_id)
    if row is not None:
        session.delete(row)
        audit.record("reminders.resumed", person_id, actor=system(), at=clock.now(), session=session)
        session.flush()
