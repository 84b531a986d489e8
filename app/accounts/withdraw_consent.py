"""A person takes a consent back, as easily as it was given."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.consents import ASSESSMENT
from app.accounts.models import Consent
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs
from app.foundation.locks import hold


def withdraw_consent(person_id: UUID, kind: str, *, session: Session, clock: Clock, actor: Actor, jobs: Jobs) -> None:
    """End the standing consent; where none stands, nothing changes.

    Without the consent to take assessments nothing is recorded any more; a job of this transaction then ends and
    erases what is under way. A sitting that begins just now is waited for, so that it is among that; the next one waits
    and finds no consent.
    """
    hold(session, "beginnings", person_id)
    now = clock.now()
    ended = session.execute(
        update(Consent)
        .where(Consent.person_id == person_id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(Consent.id, Consent.version)
    ).one_or_none()
    if ended is not None:
        detail = {"kind": kind, "version": ended.version}
        audit.record("consent.withdrawn", person_id, actor=actor, at=now, session=session, detail=detail)
        if kind == ASSESSMENT:
            arguments = {"person_id": str(person_id), "withdrawn_at": now.isoformat()}
            jobs.enqueue("end_withdrawn_sittings", f"withdrawn:{ended.id}", session=session, arguments=arguments)
