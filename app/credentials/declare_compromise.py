"""Use case (job, worker alone): a key is in other hands. From this commit on nothing that it signed is believed.

The key leaves the DID document and a new one enters it, every entry of what it signed is set, and all status lists are
signed anew: those it had signed would no longer verify. `reissue_affected` then goes through what it had signed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.credentials.errors import CompromiseInFuture, KeyNotFound
from app.credentials.models import IssuerKey
from app.credentials.rotate_key import rotate_key
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import JSON
from app.foundation.signing import Signers
from app.transparency.log_event import log_event


def declare_compromise(
    key_id: str,
    since: datetime,
    request: str,
    *,
    session: Session,
    clock: Clock,
    signers: Signers,
    actor: Actor,
    base_url: str,
) -> None:
    """Believe nothing that this key signed; what is declared already stays as it was declared first."""
    key = session.get(IssuerKey, key_id, with_for_update=True)
    if key is None:
        raise KeyNotFound(key_id)
    if since > clock.now():
        raise CompromiseInFuture
    if key.compromised_at is not None:
        return
    now = clock.now()
    key.declare_compromised(since, at=now)
    detail = {"since": since.isoformat()}
    facts: dict[str, JSON] = {"event": "compromised", "key": key_id, "since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
    log_event("key", f"compromised:{key_id}", facts, at=now, session=session)
    audit.record("key.compromised", key_id, actor=actor, at=now, session=session, detail=detail)
    rotate_key(key.algorithm, request, session=session, clock=clock, signers=signers, actor=actor, base_url=base_url)
