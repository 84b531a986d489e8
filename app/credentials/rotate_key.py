"""Use case (job, worker alone): a new key signs from now on; the former one stays published for what it signed.

Retirement is not compromise: no credential is signed anew, and every credential verifies as before.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials.models import IssuerKey
from app.credentials.publish_key import publish_key
from app.credentials.retire_key import retire_key
from app.credentials.sign_lists_anew import sign_lists_anew
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.signing import Signers


def rotate_key(
    algorithm: str, request: str, *, session: Session, clock: Clock, signers: Signers, actor: Actor, base_url: str
) -> None:
    """Publish the key made for this request and retire the others of its algorithm. Run again, it changes nothing."""
    made = signers.make(algorithm, request)
    if session.get(IssuerKey, made.key_id) is not None:
        return
    publish_key(made, session=session, clock=clock, actor=actor)
    former = session.scalars(
        select(IssuerKey)
        .where(
            IssuerKey.algorithm == algorithm,
            IssuerKey.key_id != made.key_id,
            IssuerKey.retired_at.is_(None),
            IssuerKey.compromised_at.is_(None),
        )
        .with_for_update()
    )
    for key in former:
        retire_key(key, session=session, clock=clock, actor=actor)
    session.flush()
    sign_lists_anew(session=session, clock=clock, signers=signers, base_url=base_url)
