"""Use case: a candidate has a problem with the item before them. It is replaced at once and judged by people later."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.course import Course, course_of, own_sitting
from app.assessment.errors import (
    ConsentNeeded,
    PositionClosed,
    ReportInvalid,
    SittingClosed,
    SittingExpired,
    TooManyReports,
)
from app.assessment.going_on import go_on
from app.assessment.models import ItemReport, Presentation, Problem, Sitting
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs

PROBLEMS = tuple(Problem)  # for callers, who do not import models
LONGEST_WORDS = 1000  # characters


def report_item(
    sitting_id: UUID,
    position: int,
    problem: str,
    words: str,
    *,
    person_id: UUID,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
) -> Sitting:
    """Record the report and go on without the item; reported again, the same position changes nothing.

    Whatever was chosen at the position does not count, in favour or against.

    Raises
    ------
    ReportInvalid, SittingClosed, SittingExpired, ConsentNeeded
    PositionClosed
        If the sitting has gone on from that item.
    TooManyReports
    """
    words = words.strip()
    if problem not in set(Problem) or len(words) > LONGEST_WORDS:
        raise ReportInvalid(LONGEST_WORDS)
    sitting = own_sitting(sitting_id, person_id, session=session, locked=True)
    course = course_of(sitting, session=session)
    if 1 <= position <= len(course.rows) and course.rows[position - 1].is_reported:
        return sitting
    _require_current(course, position, session=session, clock=clock)
    now = clock.now()
    shown = session.get_one(Presentation, (sitting_id, position))
    report = ItemReport(
        id=entropy.uuid(),
        sitting_id=sitting_id,
        position=position,
        item_id=shown.item_id,
        language=sitting.language,
        problem=Problem(problem),
        words=words,
        reported_at=now,
    )
    session.add(report)
    session.flush()
    detail = {"item": shown.item_code, "position": position, "problem": problem}
    audit.record("item.reported", report.id, actor=Actor(person_id, "person"), at=now, session=session, detail=detail)
    go_on(course_of(sitting, session=session), session=session, clock=clock, jobs=jobs)
    return sitting


def _require_current(course: Course, position: int, *, session: Session, clock: Clock) -> None:
    sitting, current = course.sitting, course.current
    if not sitting.is_open:
        raise SittingClosed(sitting.state, None)
    if clock.now() > sitting.resumable_until:
        raise SittingExpired(sitting.resumable_until)
    if not accounts.has_consent(sitting.person_id, "assessment", session=session):
        raise ConsentNeeded
    if current is None or position != current.position:
        row = course.rows[position - 1] if 1 <= position <= len(course.rows) else None
        raise PositionClosed(
            position, len(course.rows), row.value if row else None, row.client_sequence if row else None
        )
    reported = select(func.count()).where(ItemReport.sitting_id == sitting.id)
    if (session.scalar(reported) or 0) >= course.policy.most_reports:
        raise TooManyReports(course.policy.most_reports)
