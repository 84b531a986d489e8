"""Whether a certificate whose key was in other hands follows from what is stored: award, sitting, and its own text.

Somebody with the key alone can sign anything but leaves no sitting here; somebody with the database too can write an
award, but not responses from which the same result comes out choice by choice. What is missing or differs is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.errors import ResponsesForgotten
from app.assessment.final_scores import FinalScore, final_score
from app.awarding.queries import AwardView
from app.credentials.errors import ReviewNotFound
from app.credentials.log_events import issue_subjects
from app.credentials.models import Credential, CredentialReview
from app.credentials.objections import Objection, award_behind, objections_to
from app.foundation.errors import DecileError
from app.results.recompute_result import recompute_result
from app.transparency import queries as log


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
    award = award_behind(credential, session=session)
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
    yield from objections_to(credential, session=session)
    if award is None:
        return
    if differences is None:
        yield Objection.NOT_RECOMPUTABLE
    elif differences:
        yield Objection.OTHER_RESULT
