"""A person asks to be erased: every sign-in ends at once, and the worker does the rest."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.end_sign_ins import end_sign_ins
from app.accounts.fresh_proof import require_fresh_proof
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.privacy.errors import ChoiceMissing
from app.privacy.models import Certificates, ErasureRequest
from app.privacy.rules import objection


def ask_for_erasure(
    certificates: str, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> UUID:
    """The id of the request; asking twice is one request, and the first choice stands.

    Raises
    ------
    SignInNeeded, ProofNotFresh, ChoiceMissing, StillStaff, SignedRecords, CaseStillOpen
    """
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    if certificates not in set(Certificates):
        raise ChoiceMissing
    against = objection(actor.person_id, session=session, at=now)
    if against is not None:
        raise against
    existing = session.scalar(select(ErasureRequest).where(ErasureRequest.person_id == actor.person_id))
    request = existing or ErasureRequest(
        id=entropy.uuid(), person_id=actor.person_id, certificates=Certificates(certificates), asked_at=now
    )
    session.add(request)
    end_sign_ins(actor.person_id, session=session)
    session.flush()
    arguments = {"request_id": str(request.id)}
    jobs.enqueue("erase_person", f"erase:{request.id}", session=session, arguments=arguments)
    return request.id
