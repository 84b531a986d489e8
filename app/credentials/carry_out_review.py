"""Use case (job, worker alone): what a person found genuine is signed anew and stands again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials.errors import ReviewNotFound
from app.credentials.holder_letters import Occasion, tell_holder
from app.credentials.log_events import log_state
from app.credentials.models import Credential, CredentialReview
from app.credentials.reissue_affected import reissue
from app.credentials.review_evidence import evidence_of
from app.credentials.review_queue import is_waiting
from app.credentials.states import ReviewDecision
from app.credentials.suspend_credential import is_suspended_by_people
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.signing import Signer


def carry_out_review(
    review_id: UUID,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    signer: Signer,
    jwt_signer: Signer | None,
) -> None:
    """Sign it, end the suspension that its review began, and have its holder told; run again, it changes nothing.

    What people suspended too, or another key's review, stays so. Where the evidence does not hold here, nothing is
    signed and the review is open again. One that was erased with its holder, or revoked meanwhile, is let be.
    """
    review = session.get(CredentialReview, review_id, with_for_update=True)
    if review is None or review.carried_out_at is not None or review.decision is not ReviewDecision.REISSUE:
        return
    credential = session.get(Credential, review.credential_id, with_for_update=True)
    if credential is None:
        raise ReviewNotFound
    now = clock.now()
    evidence = evidence_of(review_id, session=session)
    if credential.revoked_at is not None or not evidence.is_genuine:
        review.reopen()
        detail = {"objections": [str(one) for one in evidence.objections]}
        audit.record(
            "credential.review_reopened", credential.id, actor=system(), at=now, session=session, detail=detail
        )
        session.flush()
        return
    reissue(
        [credential],
        review.key_id,
        session=session,
        clock=clock,
        entropy=entropy,
        jobs=jobs,
        signer=signer,
        jwt_signer=jwt_signer,
        actor=system(),
    )
    review.carried_out_at = now
    session.flush()
    if _is_in_doubt_besides(credential, session=session):
        occasion = Occasion.REISSUED_IN_DOUBT
    else:
        occasion = Occasion.REISSUED
        credential.reinstate()
        log_state("reinstate", credential, at=now, session=session)
    tell_holder(occasion, credential.id, str(review.id), session=session, jobs=jobs)
    session.flush()


def _is_in_doubt_besides(credential: Credential, *, session: Session) -> bool:
    return is_suspended_by_people(credential.id, session=session) or is_waiting(credential.id, session=session)
