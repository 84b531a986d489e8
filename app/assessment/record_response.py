"""Store one response, once and in order; where it is confirmed, go on to the next item or complete the sitting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Insert, Update, bindparam, insert, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import rules
from app.assessment.answers import checked
from app.assessment.closing import close
from app.assessment.course import Course, Row, course_of, is_as_read, own_sitting
from app.assessment.errors import ConsentNeeded, PositionClosed, ResponseInvalid, SittingClosed, SittingExpired
from app.assessment.going_on import go_on
from app.assessment.models import FrozenSitting, Response, Stop
from app.foundation.clock import Clock
from app.foundation.db import table_of
from app.foundation.errors import DecileError
from app.foundation.jobs import Jobs
from app.item_bank.queries import ItemView

LARGEST_CLIENT_SEQUENCE = 2**53 - 1  # what a browser's number holds exactly


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is kept for the position after this call, and where the sitting stands."""

    position: int
    value: Any
    client_sequence: int
    received_at: datetime
    is_superseded: bool  # a newer value, from another window or device, was already there and stays
    is_whole: bool
    state: str
    current_position: int

    @property
    def moved_on(self) -> bool:
        """Whether the position is closed."""
        return self.state != "open" or self.current_position > self.position


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A sitting as it stood a moment ago, and the item that follows if `given` is confirmed at its last position."""

    course: Course
    given: Any
    chosen: ItemView


def foresee(sitting_id: UUID, position: int, value: Any, *, person_id: UUID, session: Session) -> Foreseen | None:
    """Find what follows a response before anything is held; None where it is not simply the next item.

    Scoring and choosing take most of a response's time. On SQLite one transaction writes at a time, and whatever is
    done in it everybody else waits for. `record_response` takes this only if nothing has changed since.
    """
    try:
        course = course_of(own_sitting(sitting_id, person_id, session=session), session=session)
        row = _row_at(course, position)
        given = checked(course.bank.by_code[row.item_code], value)
    except DecileError:
        return None  # to be said by `record_response`, after another look
    if not course.sitting.is_open or row is not course.current or course.is_out(row):
        return None
    then = course.with_value(given, LARGEST_CLIENT_SEQUENCE, course.sitting.started_at)
    if not then.rows[-1].is_whole or then.standing.stop is not None:
        return None
    chosen = then.choice_after(position, then.standing)
    return None if isinstance(chosen, Stop) else Foreseen(course, given, chosen)


def record_response(
    sitting_id: UUID,
    position: int,
    value: Any,
    *,
    client_sequence: int,
    confirm: bool,
    person_id: UUID,
    session: Session,
    clock: Clock,
    jobs: Jobs,
    foreseen: Foreseen | None = None,
) -> Recorded:
    """Keep `value` for the current position.

    While a position is current, the highest client sequence wins; a late or repeated write changes nothing. With
    `confirm` the position is closed and the next item presented, or the sitting completed. A write to a closed
    position that repeats what is kept gets the same answer as the first time. What arrives within the grace after the
    sitting's last moment is kept, and confirming it ends the sitting as of that moment.

    Raises
    ------
    PositionClosed, SittingClosed
        For any other write to what is closed; both name what was kept.
    """
    if foreseen is not None and not _still_holds(foreseen, session=session, at=clock.now()):
        foreseen = None
    course = foreseen.course if foreseen else _locked_course(sitting_id, person_id, session=session)
    sitting, now = course.sitting, clock.now()
    row = _row_at(course, position)
    if not 0 < client_sequence <= LARGEST_CLIENT_SEQUENCE:
        raise ResponseInvalid("The number of this answer is out of range.")
    given = checked(course.bank.by_code[row.item_code], value)
    if not sitting.is_open or row is not course.current:
        return _repeated(course, row, given, client_sequence, session=session)
    _require_may_go_on(course, session=session, at=now)
    course, superseded = _keep(course, given, client_sequence, session=session, at=now)
    kept = course.rows[-1]
    if confirm and not superseded and (kept.is_whole or course.is_out(kept)):
        if foreseen or sitting.may_be_resumed(at=now):
            chosen = foreseen.chosen if foreseen else None
            go_on(course, session=session, clock=clock, jobs=jobs, foreseen=chosen)
        else:  # it was on its way when the days were over: it counts, and no other item follows
            close(course, Stop.EXPIRED, session=session, at=sitting.resumable_until, jobs=jobs)
        return _recorded(course, kept, superseded=False, current=position + sitting.is_open)
    return _recorded(course, kept, superseded=superseded, current=position)


def _still_holds(foreseen: Foreseen, *, session: Session, at: datetime) -> bool:
    """Not after the last moment either: what ends the sitting changes it, and needs it read in this transaction."""
    return foreseen.course.sitting.may_be_resumed(at=at) and is_as_read(foreseen.course, session=session)


def _locked_course(sitting_id: UUID, person_id: UUID, *, session: Session) -> Course:
    return course_of(own_sitting(sitting_id, person_id, session=session, locked=True), session=session)


def _row_at(course: Course, position: int) -> Row:
    if not 1 <= position <= len(course.rows):
        raise ResponseInvalid(f"There is no question {position} yet.")
    return course.rows[position - 1]


def _repeated(course: Course, row: Row, given: Any, client_sequence: int, *, session: Session) -> Recorded:
    """The answer of the first time if this repeats it; otherwise a conflict that names what was kept."""
    if row.is_answered and (row.value, row.client_sequence) == (given, client_sequence):
        return _recorded(course, row, superseded=False, current=len(course.rows))
    if not course.sitting.is_open:
        frozen = session.get(FrozenSitting, course.sitting.id)
        raise SittingClosed(course.sitting.state, frozen.sha256 if frozen else None)
    raise PositionClosed(row.position, len(course.rows), row.value, row.client_sequence)


def _require_may_go_on(course: Course, *, session: Session, at: datetime) -> None:
    sitting = course.sitting
    if at > sitting.resumable_until + rules.grace(course.policy):
        raise SittingExpired(sitting.resumable_until)
    if not accounts.has_consent(sitting.person_id, "assessment", session=session):
        raise ConsentNeeded


def _keep(course: Course, given: Any, client_sequence: int, *, session: Session, at: datetime) -> tuple[Course, bool]:
    """Store the value if it is newer than what is there; whether a different, newer one was there already."""
    former = course.rows[-1]
    if former.client_sequence is not None and former.client_sequence >= client_sequence:
        return course, former.value != given
    place = {"of_sitting": course.sitting.id, "at_position": former.position}
    kept = {"value": given, "client_sequence": client_sequence, "received_at": at}
    session.execute(_replacing() if former.is_answered else _keeping(), {**place, **kept})
    return course.with_value(given, client_sequence, at), False


@cache
def _keeping() -> Insert:
    return insert(table_of(Response)).values(sitting_id=bindparam("of_sitting"), position=bindparam("at_position"))


@cache
def _replacing() -> Update:
    response = table_of(Response)
    place = (response.c.sitting_id == bindparam("of_sitting"), response.c.position == bindparam("at_position"))
    return update(response).where(*place)


def _recorded(course: Course, row: Row, *, superseded: bool, current: int) -> Recorded:
    return Recorded(
        position=row.position,
        value=row.value,
        client_sequence=cast("int", row.client_sequence),  # it was kept, now or before
        received_at=cast("datetime", row.received_at),
        is_superseded=superseded,
        is_whole=row.is_whole,
        state=course.sitting.state,
        current_position=current,
    )
