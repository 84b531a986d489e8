"""Use case: a person decides about a credential that was suspended because its key was in other hands.

Leaving it withdrawn needs no key and takes effect here. To issue it anew the worker signs, and looks at the evidence
again before it does: a page that was taken over can ask for a signature, and gets none for what nobody earned.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.credentials.errors import EvidenceFails, OwnCertificate, ReviewIncomplete, ReviewNotFound
from app.credentials.holder_letters import Occasion, tell_holder
from app.credentials.models import Credential, CredentialReview
from app.credentials.policy import CredentialPolicy
from app.credentials.review_evidence import ReviewEvidence
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import ReviewDecision, RevocationReason
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def decide_review(
    review_id: UUID,
    decision: ReviewDecision,
    reason: str,
    *,
    evidence: ReviewEvidence | None,
    session: Session,
    clock: Clock,
    jobs: Jobs,
    actor: Actor,
) -> None:
    """Decide once. `evidence` was gathered just now by a reading session; only leaving it withdrawn goes without.

    Raises
    ------
    Forbidden, ProofNotFresh, ReviewNotFound, OwnCertificate, ReviewDecided, ReviewIncomplete, EvidenceFails
    """
    require(actor, Role.REVIEWER, "operator")
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    review, credential = _for_update(review_id, session=session)
    if actor.person_id and accounts.is_same_person(credential.person_id, actor.person_id, session=session):
        raise OwnCertificate
    words = _checked(decision, reason, session=session, at=now)
    if decision is ReviewDecision.REISSUE and (evidence is None or not evidence.is_genuine):
        raise EvidenceFails(credential.code)
    review.decide(decision, words, by=actor.person_id, at=now)
    detail = {"decision": decision.value, "key_id": review.key_id}
    audit.record("credential.review_decided", credential.id, actor=actor, at=now, session=session, detail=detail)
    if decision is ReviewDecision.REISSUE:
        key = f"review:{review.id}:{now:%Y%m%dT%H%M%S%f}"  # one that is opened again may be decided again
        jobs.enqueue("carry_out_review", key, session=session, arguments={"review_id": str(review.id)})
    else:
        _leave_withdrawn(review, session=session, clock=clock, jobs=jobs, actor=actor)
    session.flush()


def _leave_withdrawn(review: CredentialReview, *, session: Session, clock: Clock, jobs: Jobs, actor: Actor) -> None:
    cause = RevocationReason.KEY_COMPROMISED
    revoke_credential(review.credential_id, cause, session=session, clock=clock, jobs=jobs, actor=actor)
    review.carried_out_at = clock.now()
    tell_holder(Occasion.LEFT_WITHDRAWN, review.credential_id, str(review.id), session=session, jobs=jobs)


def _for_update(review_id: UUID, *, session: Session) -> tuple[CredentialReview, Credential]:
    review = session.get(CredentialReview, review_id, with_for_update=True)
    if review is None:
        raise ReviewNotFound
    return review, session.get_one(Credential, review.credential_id, with_for_update=True)


def _checked(decision: ReviewDecision, reason: str, *, session: Session, at: datetime) -> str | None:
    longest = policies.current(CredentialPolicy, session=session, at=at).longest_review_reason
    words = reason.strip()
    if len(words) > longest or (decision is ReviewDecision.REVOKE and not words):
        raise ReviewIncomplete("reason")
    return words or None
