"""Use case (job, worker alone): what a person found genuine is signed anew and stands again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials.errors import ReviewNotFound
from app.credentials.holder_letters import Occasion, tell_holder
from app.credentials.locked_reviews import locked_reviews
from app.credentials.log_events import log_state
from app.credentials.models import Credential, CredentialReview
from app.credentials.reissue_affected import reissue
from app.credentials.review_evidence import ReviewEvidence, evidence_of
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

    It is signed once for the reviews of all its keys that were decided so. What people suspended too, or the review of
    another key that still waits, stays so. Where the evidence does not hold here, or it was revoked meanwhile, nothing
    is signed and the reviews are open again. One that was erased with its holder is let be.
    """
    try:
        credential, reviews = locked_reviews(review_id, session=session)
    except ReviewNotFound:
        return
    review, due = reviews[0], [one for one in reviews if _is_due(one)]
    if review not in due:
        return
    now = clock.now()
    evidence = evidence_of(review_id, session=session)
    if credential.revoked_at is not None or not evidence.is_genuine:
        _reopen(due, credential, evidence, at=now, session=session)
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
    for one in due:
        one.carried_out_at = now
    session.flush()
    if _is_in_doubt_besides(credential, session=session):
        occasion = Occasion.REISSUED_IN_DOUBT
    else:
        occasion = Occasion.REISSUED
        credential.reinstate()
        log_state("reinstate", credential, at=now, session=session)
    tell_holder(occasion, credential.id, str(review.id), session=session, jobs=jobs)
    session.flush()


def _is_due(review: CredentialReview) -> bool:
    return review.carried_out_at is None and review.decision is ReviewDecision.REISSUE


def _reopen(
    reviews: Sequence[CredentialReview],
    credential: Credential,
    evidence: ReviewEvidence,
    *,
    at: datetime,
    session: Session,
) -> None:
    for one in reviews:
        one.reopen()
        detail = {"key_id": one.key_id, "objections": [str(objection) for objection in evidence.objections]}
        audit.record("credential.review_reopened", credential.id, actor=system(), at=at, session=session, detail=detail)
    session.flush()


def _is_in_doubt_besides(credential: Credential, *, session: Session) -> bool:
    return is_suspended_by_people(credential.id, session=session) or is_waiting(credential.id, session=session)
