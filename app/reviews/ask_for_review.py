"""A person asks that another person looks at one of their results."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment import queries as sittings
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.results import queries as results
from app.reviews import queries, rules
from app.reviews.errors import AskedTooLate, CaseIncomplete, NothingToReview
from app.reviews.models import Reason, ReviewCase
from app.reviews.policy import ReviewPolicy


def ask_for_review(
    sitting_id: UUID,
    reason: str,
    words: str,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> UUID:
    """Open the case of the person's own result; asking again leads to the same case.

    One that was closed before the person was told of a correction is opened again.
    """
    sittings.sitting_of(sitting_id, actor.person_id, session=session)
    case = _case_held(sitting_id, actor.person_id, session=session)
    if case is not None and not queries.may_be_asked_anew(case, session=session):
        return case.id
    now = clock.now()
    policy = policies.current(ReviewPolicy, session=session, at=now)
    if reason not in set(rules.REASONS):
        raise CaseIncomplete("reason")
    if len(words) > policy.longest_words:
        raise CaseIncomplete("words")
    result = _decided_result(sitting_id, session=session, at=now)
    if case is None:
        case = open_case(result, Reason(reason), words.strip(), session=session, at=now, entropy=entropy, policy=policy)
    else:
        case.open_again(Reason(reason), words.strip(), at=now, due_on=rules.due_on(now, policy))
        session.flush()
    _announce(case, session=session, jobs=jobs, actor=actor, at=now)
    return case.id


def _case_held(sitting_id: UUID, person_id: UUID | None, *, session: Session) -> ReviewCase | None:
    """The case; or None, and to the end of the transaction the sitting stays this person's and nobody else opens one.

    Whoever moves a sitting or merges its account holds it first: a case of the former holder's could not be decided.
    Whoever decides holds a case before its sitting, so what was opened a moment ago is read without holding it.
    """
    query = select(ReviewCase).where(ReviewCase.sitting_id == sitting_id)
    case = session.scalar(query.with_for_update())
    if case is None:
        sittings.sitting_of(sitting_id, person_id, session=session, locked=True)
        case = session.scalar(query)
    return case


def _decided_result(sitting_id: UUID, *, session: Session, at: datetime) -> results.ResultView:
    result = results.result_of_sitting(sitting_id, session=session)
    until = queries.asking_ends_at(result, session=session, at=at) if result else None
    if result is None or until is None:
        raise NothingToReview
    if at > until:
        raise AskedTooLate(until.date())
    return result


def open_case(
    result: results.ResultView,
    reason: Reason,
    words: str,
    *,
    session: Session,
    at: datetime,
    entropy: Entropy,
    policy: ReviewPolicy,
) -> ReviewCase:
    """The row of a new case, with its last day."""
    case = ReviewCase(
        id=entropy.uuid(),
        result_id=result.id,
        sitting_id=result.sitting_id,
        person_id=result.person_id,
        skill=result.skill,
        reason=reason,
        words=words,
        opened_at=at,
        due_on=rules.due_on(at, policy),
    )
    session.add(case)
    session.flush()
    return case


def _announce(case: ReviewCase, *, session: Session, jobs: Jobs, actor: Actor, at: datetime) -> None:
    detail = {"reason": case.reason.value, "due_on": case.due_on.isoformat()}
    audit.record("case.opened", case.id, actor=actor, at=at, session=session, detail=detail)
    arguments = {"case_id": str(case.id), "occasion": "opened"}
    jobs.enqueue("send_case_letter", f"case:opened:{case.opening}", session=session, arguments=arguments)
