"""Use case (job, every hour): find the reminders that fell due, and enqueue a mail for each.

The row of a reminder and the job of its mail are written together, so it exists once, whoever else looks at the same
time and however often this runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from app.accounts.inserting import insert_if_absent
from app.accounts.restrictions import restricted_people
from app.credentials.models import Credential, ExpiryReminder, ReminderOptOut
from app.credentials.policy import CredentialPolicy
from app.credentials.reminding import LATEST, due_kind
from app.credentials.states import CredentialState
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.jobs import JSON, Jobs


def remind_of_expiry(*, session: Session, clock: Clock, jobs: Jobs) -> int:
    """Enqueue what is due; how many reminders are new."""
    now = clock.now()
    kinds = policies.current(CredentialPolicy, session=session, at=now).reminder_days
    silent = restricted_people(session=session)
    running = session.execute(_running(now, longest=max(kinds, default=0), but=silent)).all()
    known = _known([credential_id for credential_id, _ in running], session=session)
    new = 0
    for credential_id, valid_until in running:
        days = due_kind(valid_until, at=now, kinds=kinds, known=known.get(credential_id, set()))
        if days is not None and _note(credential_id, days, at=now, session=session):
            arguments: dict[str, JSON] = {"credential_id": str(credential_id), "days": days}
            jobs.enqueue("send_reminder", f"reminder:{credential_id}:{days}", session=session, arguments=arguments)
            new += 1
    return new


def _running(now: datetime, *, longest: int, but: Collection[UUID]) -> Select[UUID, datetime]:
    """Issued and standing, ending soon or just ended, without an issued successor; of people who want reminders."""
    newer = aliased(Credential)
    return select(Credential.id, Credential.valid_until).where(
        Credential.state == CredentialState.ISSUED,
        Credential.revoked_at.is_(None),
        Credential.valid_until <= now + timedelta(days=longest),
        Credential.valid_until > now - LATEST,
        Credential.person_id.not_in(select(ReminderOptOut.person_id)),
        Credential.person_id.not_in(but),
        ~select(newer.id)
        .where(newer.renews_id == Credential.id, newer.state == CredentialState.ISSUED, newer.revoked_at.is_(None))
        .exists(),
    )


def _known(ids: Iterable[UUID], *, session: Session) -> dict[UUID, set[int]]:
    found: dict[UUID, set[int]] = {}
    query = select(ExpiryReminder.credential_id, ExpiryReminder.days).where(ExpiryReminder.credential_id.in_(list(ids)))
    for credential_id, days in session.execute(query):
        found.setdefault(credential_id, set()).add(days)
    return found


def _note(credential_id: UUID, days: int, *, at: datetime, session: Session) -> bool:
    return insert_if_absent(ExpiryReminder(credential_id=credential_id, days=days, due_at=at), session=session)
