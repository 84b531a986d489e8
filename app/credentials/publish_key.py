"""Use case: publish the worker's public key, so that what it signs can be verified."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.credentials.models import IssuerKey
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.signing import Signer


def publish_key(signer: Signer, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Add the key to the DID document; a key that is there already is left as it is."""
    if session.get(IssuerKey, signer.key_id) is not None:
        return
    now = clock.now()
    session.add(
        IssuerKey(key_id=signer.key_id, algorithm=signer.algorithm, public_bytes=signer.public_bytes, activated_at=now)
    )
    audit.record("key.published", signer.key_id, actor=actor, at=now, session=session)
    session.flush()
