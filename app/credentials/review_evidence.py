"""Whether a certificate whose key was in other hands follows from what is stored: award, sitting, and its own text.

Somebody with the key alone can sign anything but leaves no sitting here; somebody with the database too can write an
award, but not responses from which the same result comes out choice by choice. What is missing or differs is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.errors import NoScoreYet, ResponsesForgotten, SittingNotFound
from app.assessment.final_scores import FinalScore, final_score
from app.awarding import queries as awards
from app.awarding.decide_again import would_be_refused
from app.awarding.errors import AwardNotFound
from app.awarding.queries import AwardView
from app.credentials import conformance, display, open_badge, proof
from app.credentials.did import Issuer
from app.credentials.errors import DocumentRefused, ProofInvalid, ReviewNotFound
from app.credentials.log_events import issue_subjects
from app.credentials.models import Credential, CredentialReview
from app.credentials.open_badge import Identity
from app.foundation.errors import DecileError
from app.results import queries as results
from app.results.errors import ResultNotFound
from app.results.recompute_result import recompute_result
from app.transparency import queries as log

NAMED = ("id", "validFrom", "validUntil", "issuer", "name")  # what must come out again besides the figures


class Objection(StrEnum):
    """Why it does not follow."""

    NO_AWARD = "no-award"
    AWARD_WITHDRAWN = "award-withdrawn"
    NOT_AWARDED = "not-awarded"
    OTHER_HOLDER = "other-holder"
    OTHER_RESULT = "other-result"
    NOT_RECOMPUTABLE = "not-recomputable"
    OTHER_FACTS = "other-facts"


@dataclass(frozen=True, slots=True)
class ReviewEvidence:
    """What was found. No name, no address."""

    code: str
    award: AwardView | None
    started_at: datetime | None
    completed_at: datetime | None
    logged_at: datetime | None  # what the public log says of its issue
    log_number: int | None  # its place there; None while it is not under a signed checkpoint
    differences: tuple[str, ...]  # of the sitting and its result, computed again just now
    objections: tuple[Objection, ...]

    @property
    def is_genuine(self) -> bool:
        """Whether everything it says follows from what is stored."""
        return not self.objections


def evidence_of(review_id: UUID, *, session: Session) -> ReviewEvidence:
    """Gather it; the sitting is computed again for this very look.

    Raises
    ------
    ReviewNotFound
    """
    query = select(Credential).join(CredentialReview, CredentialReview.credential_id == Credential.id)
    credential = session.scalar(query.where(CredentialReview.id == review_id))
    if credential is None:
        raise ReviewNotFound
    award = _award(credential, session=session)
    differences = _differences(award, session=session) if award else ()
    score = _score(award, session=session) if award else None
    subjects = issue_subjects(credential.id, credential.status_list, credential.status_index)
    logged = log.issue_of(subjects, session=session)
    return ReviewEvidence(
        code=credential.code,
        award=award,
        started_at=score.started_at if score else None,
        completed_at=score.completed_at if score else None,
        logged_at=logged.at if logged else None,
        log_number=logged.number if logged else None,
        differences=differences or (),
        objections=tuple(_objections(credential, award, differences, session=session)),
    )


def _award(credential: Credential, *, session: Session) -> AwardView | None:
    try:
        return awards.award(credential.award_id, session=session)
    except (AwardNotFound, NoScoreYet, ResultNotFound, SittingNotFound):
        return None


def _score(award: AwardView, *, session: Session) -> FinalScore:
    return final_score(award.sitting_id, session=session)


def _differences(award: AwardView, *, session: Session) -> tuple[str, ...] | None:
    """None where only figures are left of the responses."""
    try:
        return recompute_result(award.result_id, session=session)
    except ResponsesForgotten:
        return None
    except DecileError as problem:  # rows that no use case could have written
        return (str(problem),)


def _objections(
    credential: Credential, award: AwardView | None, differences: tuple[str, ...] | None, *, session: Session
) -> Iterator[Objection]:
    if award is None:
        yield Objection.NO_AWARD
        return
    if award.is_withdrawn:
        yield Objection.AWARD_WITHDRAWN
    if not _was_awarded(award, session=session):
        yield Objection.NOT_AWARDED
    if (award.person_id, award.sitting_id) != (credential.person_id, credential.sitting_id):
        yield Objection.OTHER_HOLDER
    if differences is None:
        yield Objection.NOT_RECOMPUTABLE
    elif differences:
        yield Objection.OTHER_RESULT
    if not any(_says(credential, told) for told in awards.award_over_time(award.id, session=session)):
        yield Objection.OTHER_FACTS


def _was_awarded(award: AwardView, *, session: Session) -> bool:
    """By its decision, and by the rule of the start. What people decided against a correction is not asked again."""
    decision = awards.decision_on(award.result_id, session=session)
    result = results.result(award.result_id, session=session)
    if decision is None or not decision.is_awarded:
        return False
    score = _score(award, session=session)
    return result.corrected_at is not None or not would_be_refused(result, score, session=session)


def _says(credential: Credential, award: AwardView) -> bool:
    """Whether the stored text is what would be written of this award: term, figures, and names of what is certified."""
    try:
        stored = proof.parse(credential.unsigned_document)
        conformance.check_to_sign(stored)
        again = open_badge.credential_document(
            display.award_facts(award), _identity(credential), issuer=_issuer(credential)
        )
        same_figures = open_badge.told_facts(stored) == open_badge.told_facts(again)
        same_subject = stored["credentialSubject"]["id"] == again["credentialSubject"]["id"]
    except (DocumentRefused, ProofInvalid, LookupError, TypeError):  # a text that no use case wrote
        return False
    same_kind = credential.is_specimen == award.is_specimen
    return same_kind and same_figures and same_subject and all(stored.get(name) == again[name] for name in NAMED)


def _identity(credential: Credential) -> Identity:
    return Identity(
        code=credential.code,
        subject_id=credential.subject_id,
        status_list=credential.status_list,
        status_index=credential.status_index,
        valid_from=credential.valid_from,
    )


def _issuer(credential: Credential) -> Issuer:
    return Issuer(credential.display["issuer_name"], credential.display["issuer_url"])
