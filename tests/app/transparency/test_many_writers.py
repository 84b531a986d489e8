"""Sixteen writers with a thousand entries each, on both databases, while somebody numbers and signs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.transparency import queries
from app.transparency.log_event import log_event
from app.transparency.models import LogEntry
from app.transparency.sign_checkpoint import number_entries
from tests.app.transparency.copy_of_log import sign

WRITERS, ENTRIES, NUMBERED_EVERY = 16, 1000, 50


@pytest.mark.long
def test_case_056_sixteen_writers_with_a_thousand_entries_each_leave_one_chain_without_a_gap(house) -> None:
    def write(writer: int) -> int:
        beaten = 0
        for number in range(ENTRIES):
            with house.transaction() as session:
                log_event("issue", f"{writer}-{number}", {"by": writer}, at=house.clock.now(), session=session)
            if number % NUMBERED_EVERY == writer:
                try:
                    with house.transaction() as session:
                        number_entries(session=session)
                except IntegrityError:  # two who number at once meet at the unique number; the job tries again
                    beaten += 1
        return beaten

    before = len(_numbers(house))
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(write, writer) for writer in range(WRITERS)]:
            assert done.result() < ENTRIES // NUMBERED_EVERY + 1
    sign(house)
    numbers = _numbers(house)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= before + WRITERS * ENTRIES
    with house.reading() as session:
        assert queries.verify(session=session).size == len(numbers)
        written = session.scalars(select(LogEntry.subject).where(LogEntry.kind == "issue")).all()
    assert len(set(written)) == len(written) >= WRITERS * ENTRIES


def _numbers(house) -> list[int]:
    with house.reading() as session:
        return list(
            session.scalars(select(LogEntry.number).where(LogEntry.number.is_not(None)).order_by(LogEntry.number))
        )
