"""Use case: a key signs nothing more; what it signed goes on verifying."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.credentials.models import IssuerKey
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import JSON
from app.transparency.log_event import log_event


def retire_key(key: IssuerKey, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Retire it, and tell the public log."""
    now = clock.now()
    key.retire(at=now)
    facts: dict[str, JSON] = {"event": "retired", "key": key.key_id}
    log_event("key", f"retired:{key.key_id}", facts, at=now, session=session)
    audit.record("key.retired", key.key_id, actor=actor, at=now, session=session)
