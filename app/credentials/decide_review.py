"""Use case (job, worker alone): what a person decided about a credential issued while its key was in other hands."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials.errors import ReviewNotFound
from app.credentials.log_events import log_state
from app.credentials.models import Credential, CredentialReview
from app.credentials.reissue_affected import reissue
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import ReviewDecision, RevocationReason
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.signing import Signer


def decide_review(
    code: str,
    decision: ReviewDecision,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    signer: Signer,
    jwt_signer: Signer | None,
    actor: Actor,
) -> None:
    """Issue it anew, or revoke it, and close the review; one that was decided already stays as it is."""
    credential = session.scalar(select(Credential).where(Credential.code == code).with_for_update())
    if credential is None:
        raise ReviewNotFound
    query = select(CredentialReview).where(CredentialReview.credential_id == credential.id)
    review = session.scalar(query.order_by(CredentialReview.opened_at.desc()).limit(1).with_for_update())
    if review is None:
        raise ReviewNotFound
    if review.decision is decision:
        return  # the job ran before
    now = clock.now()
    review.decide(decision, at=now)
    if decision is ReviewDecision.REISSUE:
        reissue(
            [credential],
            review.key_id,
            session=session,
            clock=clock,
            entropy=entropy,
            jobs=jobs,
            signer=signer,
            jwt_signer=jwt_signer,
            actor=actor,
        )
        credential.reinstate()
        log_state("reinstate", credential, at=now, session=session)
    else:
        revoke_credential(
            credential.id, RevocationReason.KEY_COMPROMISED, session=session, clock=clock, jobs=jobs, actor=actor
        )
    detail = {"decision": decision.value}
    audit.record("credential.review_decided", credential.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
