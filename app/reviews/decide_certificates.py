"""Several certificates of a compromised key are decided in one go; each on its own evidence, and one stops no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials.decide_review import decide_review
from app.credentials.errors import EvidenceFails, ReviewDecided, ReviewIncomplete, RevokedAlready
from app.credentials.review_evidence import ReviewEvidence, evidence_of
from app.credentials.review_queue import MOST_SHOWN
from app.credentials.states import ReviewDecision
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Decided:
    """How many were decided now, left because their evidence fails, decided before by somebody else, and revoked."""

    done: int = 0
    doubted: int = 0
    before: int = 0
    revoked: int = 0  # so not issued anew


def evidence_for(
    review_ids: list[UUID], decision: str, *, session: Session
) -> tuple[ReviewDecision, dict[UUID, ReviewEvidence | None]]:
    """What the decision needs to see, gathered by a reading session: some milliseconds each must hold up no writer.

    Raises
    ------
    ReviewIncomplete, ReviewNotFound
    """
    if decision not in set(ReviewDecision):
        raise ReviewIncomplete("decision")
    if not 0 < len(review_ids) <= MOST_SHOWN:
        raise ReviewIncomplete("certificates")
    chosen = ReviewDecision(decision)
    looks = chosen is ReviewDecision.REISSUE
    return chosen, {one: evidence_of(one, session=session) if looks else None for one in review_ids}


def decide_certificates(
    evidence: Mapping[UUID, ReviewEvidence | None],
    decision: ReviewDecision,
    reason: str,
    *,
    session: Session,
    clock: Clock,
    jobs: Jobs,
    actor: Actor,
) -> Decided:
    """Decide those that can be.

    Raises
    ------
    Forbidden, ProofNotFresh, ReviewNotFound, OwnCertificate, ReviewIncomplete
        Then nothing is decided.
    """
    done = doubted = before = revoked = 0
    for review_id, found in evidence.items():
        try:
            decide_review(
                review_id, decision, reason, evidence=found, session=session, clock=clock, jobs=jobs, actor=actor
            )
        except EvidenceFails:
            doubted += 1
        except ReviewDecided:
            before += 1
        except RevokedAlready:
            revoked += 1
        else:
            done += 1
    return Decided(done, doubted, before, revoked)
