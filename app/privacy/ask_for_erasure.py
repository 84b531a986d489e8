"""A person asks to be erased: every sign-in ends at once, and the worker does the rest."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.end_sign_ins import end_sign_ins
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.restrictions import hold_accounts
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.privacy.errors import ChoiceMissing
from app.privacy.models import Certificates, ErasureRequest
from app.privacy.rules import require_erasable


def ask_for_erasure(
    certificates: str, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> UUID:
    """The id of the request. Asked again while it waits, it is the same one, tried anew, and the last choice counts.

    Raises
    ------
    SignInNeeded, ProofNotFresh, ChoiceMissing, StillStaff, SignedRecords, CaseStillOpen, CertificateInDoubt
    """
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    if certificates not in set(Certificates):
        raise ChoiceMissing
    chosen = Certificates(certificates)
    hold_accounts(actor.person_id, session=session)
    require_erasable(actor.person_id, chosen, session=session, at=now)
    own = select(ErasureRequest).where(ErasureRequest.person_id == actor.person_id)
    request = session.scalar(own.with_for_update())
    if request is None:
        request = ErasureRequest(id=entropy.uuid(), person_id=actor.person_id, asked_at=now)
        session.add(request)
    request.certificates = chosen
    end_sign_ins(actor.person_id, session=session)
    session.flush()
    enqueue_erasure(request.id, session=session, jobs=jobs, at=now)
    return request.id


def enqueue_erasure(request_id: UUID, *, session: Session, jobs: Jobs, at: datetime) -> None:
    """Have it tried, under a key of its own: an earlier try may stand as failed, or have waited for a hold to end."""
    key = f"erase:{request_id}:{at:%Y%m%dT%H%M%S%f}"
    jobs.enqueue("erase_person", key, session=session, arguments={"request_id": str(request_id)})
