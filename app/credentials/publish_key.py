"""Use case: publish the worker's public key, so that what it signs can be verified."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy.orm import Session

from app.credentials.models import IssuerKey
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import JSON
from app.foundation.signing import Signer
from app.transparency.log_event import log_event


def publish_key(signer: Signer, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Add the key to the DID document; a key that is there already is left as it is."""
    if session.get(IssuerKey, signer.key_id) is not None:
        return
    now = clock.now()
    session.add(
        IssuerKey(key_id=signer.key_id, algorithm=signer.algorithm, public_bytes=signer.public_bytes, activated_at=now)
    )
    facts: dict[str, JSON] = {
        "event": "published",
        "key": signer.key_id,
        "sha256": sha256(signer.public_bytes).hexdigest(),
    }
    log_event("key", f"published:{signer.key_id}", facts, at=now, session=session)
    audit.record("key.published", signer.key_id, actor=actor, at=now, session=session)
    session.flush()
