"""Use case: a person decides about a credential that was suspended because its key was in other hands.

Leaving it withdrawn needs no key and takes effect here. To issue it anew the worker signs, and looks at the evidence
again before it does: a page that was taken over can ask for a signature, and gets none for what nobody earned.
A certificate of which several keys were in other hands is decided once, for all of them; each review keeps its record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.credentials.errors import EvidenceFails, OwnCertificate, ReviewDecided, ReviewIncomplete, RevokedAlready
from app.credentials.holder_letters import Occasion, tell_holder
from app.credentials.locked_reviews import locked_reviews
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
    """Decide once, about every review of its certificate that is open.

    `evidence` was gathered just now by a reading session; only leaving it withdrawn goes without. It looks at the
    certificate, whatever key signed it, so it is the evidence of each.

    Raises
    ------
    Forbidden, ProofNotFresh, ReviewNotFound, OwnCertificate, ReviewDecided, ReviewIncomplete, RevokedAlready,
    EvidenceFails
    """
    require(actor, Role.REVIEWER, "operator")
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    credential, (review, *others) = locked_reviews(review_id, session=session)
    if actor.person_id and accounts.is_same_person(credential.person_id, actor.person_id, session=session):
        raise OwnCertificate
    words = _checked(decision, reason, session=session, at=now)
    if review.decided_at is not None:
        raise ReviewDecided(review.id)
    if decision is ReviewDecision.REISSUE:
        _require_reissuable(credential, evidence)
    open_ones = [review, *(one for one in others if one.decided_at is None)]
    for one in open_ones:
        one.decide(decision, words, by=actor.person_id, at=now)
        detail = {"decision": decision.value, "key_id": one.key_id}
        audit.record("credential.review_decided", credential.id, actor=actor, at=now, session=session, detail=detail)
    if decision is ReviewDecision.REISSUE:  # one job: it signs once for all that are decided
        key = f"review:{review.id}:{now:%Y%m%dT%H%M%S%f}"  # one that is opened again may be decided again
        jobs.enqueue("carry_out_review", key, session=session, arguments={"review_id": str(review.id)})
    else:
        was_told = any(_left_it_withdrawn(one) for one in others if one not in open_ones)
        _leave_withdrawn(open_ones, was_told=was_told, session=session, clock=clock, jobs=jobs, actor=actor)
    session.flush()


def _require_reissuable(credential: Credential, evidence: ReviewEvidence | None) -> None:
    if credential.revoked_at is not None:
        raise RevokedAlready(credential.code)
    if evidence is None or not evidence.is_genuine:
        raise EvidenceFails(credential.code)


def _left_it_withdrawn(review: CredentialReview) -> bool:
    return review.decision is ReviewDecision.REVOKE and review.carried_out_at is not None


def _leave_withdrawn(
    reviews: Sequence[CredentialReview],
    *,
    was_told: bool,
    session: Session,
    clock: Clock,
    jobs: Jobs,
    actor: Actor,
) -> None:
    """Revoke it, unless it is; its holder has one letter, also where an earlier release decided key by key."""
    first, cause = reviews[0], RevocationReason.KEY_COMPROMISED
    revoke_credential(first.credential_id, cause, session=session, clock=clock, jobs=jobs, actor=actor)
    for one in reviews:
        one.carried_out_at = clock.now()
    if not was_told:
        tell_holder(Occasion.LEFT_WITHDRAWN, first.credential_id, str(first.id), session=session, jobs=jobs)


def _checked(decision: ReviewDecision, reason: str, *, session: Session, at: datetime) -> str | None:
    longest = policies.current(CredentialPolicy, session=session, at=at).longest_review_reason
    words = reason.strip()
    if len(words) > longest or (decision is ReviewDecision.REVOKE and not words):
        raise ReviewIncomplete("reason")
    return words or None
