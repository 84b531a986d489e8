"""Enqueues the mail that tells a person what happened to their passkeys, in the transaction in which it happens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.jobs import Jobs

NOTICE_JOB = "send_passkey_notice"
ADDED, REMOVED, SUSPENDED = "added", "removed", "suspended"


def give_notice(kind: str, passkey_id: UUID, person_id: UUID, *, session: Session, at: datetime, jobs: Jobs) -> None:
    """Have the person told, once per passkey and kind."""
    jobs.enqueue(
        NOTICE_JOB,
        f"mail:passkey-{kind}:{passkey_id}",
        session=session,
        arguments={
            "kind": kind,
            "passkey_id": str(passkey_id),
            "person_id": str(person_id),
            "at": at.isoformat(),
        },
    )
