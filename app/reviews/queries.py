"""Reading cases: for the person who asked, and for the reviewers' queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import corrections
from app.assessment import queries as sittings
from app.awarding import queries as awards
from app.foundation import policies
from app.results import queries as results
from app.reviews import rules
from app.reviews.errors import CaseNotFound, OwnCase
from app.reviews.models import Outcome, Reason, ReviewCase, State
from app.reviews.policy import ReviewPolicy

MOST_CLOSED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case. Whose it is stands nowhere in it: reviewers decide without knowing names."""

    id: UUID
    sitting_id: UUID
    result_id: UUID
    skill: str
    reason: Reason
    words: str
    state: State
    opened_at: datetime
    due_on: date
    is_overdue: bool
    closed_at: datetime | None
    outcome: Outcome | None
    explanation: str | None
    minutes_spent: int | None
    replay_matched: bool | None
    may_be_taken_back: bool = False  # by the person who asked, where the case is read for them
    has_settled_hold: bool = False  # an award had waited for its decision; known where reviewers read closed cases
    may_be_asked_anew: bool = False  # likewise: the result was corrected since it was closed

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer."""
        return self.state is State.OPEN


def policy(*, session: Session, at: datetime) -> ReviewPolicy:
    """The policy in force."""
    return policies.current(ReviewPolicy, session=session, at=at)


def case_of_sitting(sitting_id: UUID, *, session: Session, at: datetime) -> CaseView | None:
    """The case about a sitting's result, if there is one. Whose sitting it is, is the caller's to ask."""
    row = session.scalar(select(ReviewCase).where(ReviewCase.sitting_id == sitting_id))
    if row is None:
        return None
    return replace(
        _view(row, at=at),
        may_be_taken_back=row.state is State.OPEN and not must_be_decided(row, session=session),
        may_be_asked_anew=may_be_asked_anew(row, session=session),
    )


def must_be_decided(case: ReviewCase, *, session: Session) -> bool:
    """Whether only a decision may close a case: a rule opened it, or an award or a void sitting waits for it."""
    sitting = sittings.sitting_of(case.sitting_id, case.person_id, session=session)
    is_waited_for = sitting.beyond_limit_at is not None or awards.is_held(case.result_id, session=session)
    return case.reason in rules.BY_RULE or is_waited_for


def has_open_case(sitting_id: UUID, *, session: Session) -> bool | None:
    """Whether the case about a sitting's result waits for an answer; None where there is no case."""
    state = session.scalar(select(ReviewCase.state).where(ReviewCase.sitting_id == sitting_id))
    return None if state is None else state is State.OPEN


def may_ask_until(result_id: UUID, *, session: Session, at: datetime) -> datetime | None:
    """The last instant for asking about a result; None where there is nothing to ask about, or it has passed."""
    until = asking_ends_at(results.result(result_id, session=session), session=session, at=at)
    return until if until is not None and at <= until else None


def asking_ends_at(result: results.ResultView, *, session: Session, at: datetime) -> datetime | None:
    """The same, though it has passed."""
    decision = awards.decision_on(result.id, session=session)
    sitting = sittings.sitting_of(result.sitting_id, result.person_id, session=session)
    told = corrections.latest_told(result.sitting_id, session=session)
    return rules.may_ask_until(
        decision.decided_at if decision else None,
        policy(session=session, at=at),
        beyond_limit_at=sitting.beyond_limit_at,
        corrected_at=(told.undo_until_at or told.corrected_at) if told else None,
    )


def may_be_asked_anew(case: ReviewCase, *, session: Session) -> bool:
    """Whether the person was written to about a correction since their case was closed."""
    told = corrections.latest_told(case.sitting_id, session=session)
    return case.closed_at is not None and told is not None and case.closed_at < told.corrected_at


def open_cases_of(person_id: UUID, *, session: Session, at: datetime) -> tuple[CaseView, ...]:
    """A person's cases that wait for an answer."""
    query = select(ReviewCase).where(ReviewCase.person_id == person_id, ReviewCase.state == State.OPEN)
    return tuple(_view(row, at=at) for row in session.scalars(query))


def queue(reviewer_id: UUID, *, session: Session, at: datetime) -> tuple[tuple[CaseView, ...], tuple[CaseView, ...]]:
    """Open cases, the most urgent first, and the latest closed ones; never the reviewer's own."""
    others = select(ReviewCase).where(ReviewCase.person_id != reviewer_id)
    waiting = others.where(ReviewCase.state == State.OPEN).order_by(ReviewCase.due_on, ReviewCase.opened_at)
    closed = others.where(ReviewCase.state != State.OPEN).order_by(ReviewCase.closed_at.desc())
    return (
        tuple(_view(row, at=at) for row in session.scalars(waiting)),
        _with_holds([_view(row, at=at) for row in session.scalars(closed.limit(MOST_CLOSED_SHOWN))], session=session),
    )


def _with_holds(cases: Sequence[CaseView], *, session: Session) -> tuple[CaseView, ...]:
    """The cases with whether each settled a hold. Once it is opened anew, what it settled before counts no more."""
    settled = awards.settlements([case.result_id for case in cases], session=session)
    return tuple(
        replace(case, has_settled_hold=case.result_id in settled and case.opened_at <= settled[case.result_id])
        for case in cases
    )


def case_for(case_id: UUID, reviewer_id: UUID, *, session: Session, at: datetime) -> CaseView:
    """One case for a reviewer.

    Raises
    ------
    CaseNotFound, OwnCase
    """
    row = session.get(ReviewCase, case_id)
    if row is None:
        raise CaseNotFound
    if accounts.is_same_person(row.person_id, reviewer_id, session=session):
        raise OwnCase
    return _with_holds([_view(row, at=at)], session=session)[0]


def _view(row: ReviewCase, *, at: datetime) -> CaseView:
    return CaseView(
        id=row.id,
        sitting_id=row.sitting_id,
        result_id=row.result_id,
        skill=row.skill,
        reason=row.reason,
        words=row.words,
        state=row.state,
        opened_at=row.opened_at,
        due_on=row.due_on,
        is_overdue=row.state is State.OPEN and rules.is_overdue(row.due_on, at=at),
        closed_at=row.closed_at,
        outcome=row.outcome,
        explanation=row.explanation,
        minutes_spent=row.minutes_spent,
        replay_matched=row.replay_matched,
    )
