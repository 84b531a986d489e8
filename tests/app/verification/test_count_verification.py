"""Looks are counted by day; those within one second are written together, and none is lost to another's fault."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.credentials.models import Credential
from app.foundation.db import Database
from app.verification import queries
from app.verification.count_verification import count_verification, write_held_counts
from tests.app.verification.register import Register
from tests.fakes import FrozenClock


@pytest.fixture
def seen(register: Register) -> UUID:
    code = register.issued()
    with register.database.reading() as session:
        return session.query(Credential).filter_by(code=code).one().id


def times(database: Database, credential_id: UUID) -> list[int]:
    with database.reading() as session:
        return [day.times for day in queries.looked_at([credential_id], session=session)[credential_id]]


def test_a_look_is_written_at_once_and_those_of_the_same_second_with_the_next(
    database: Database, clock: FrozenClock, seen: UUID
) -> None:
    written = []
    for step in (0.0, 0.4, 0.5, 0.2, 5.0):
        clock.advance(timedelta(seconds=step))
        count_verification(seen, database=database, clock=clock)
        written.append(times(database, seen))
    assert written == [[1], [1], [1], [4], [5]]


def test_what_is_held_is_written_at_the_end_once(database: Database, clock: FrozenClock, seen: UUID) -> None:
    for _ in range(3):
        count_verification(seen, database=database, clock=clock)
    for _ in range(2):
        write_held_counts(database)
        assert times(database, seen) == [3]


def test_each_look_counts_on_its_own_day(database: Database, clock: FrozenClock, seen: UUID) -> None:
    clock.instant = clock.instant.replace(hour=23, minute=59, second=59, microsecond=0)
    for step in (0.0, 0.9, 0.2):
        clock.advance(timedelta(seconds=step))
        count_verification(seen, database=database, clock=clock)
    assert times(database, seen) == [1, 2]


def test_a_look_at_what_was_erased_meanwhile_takes_no_other_with_it(
    database: Database, clock: FrozenClock, seen: UUID
) -> None:
    count_verification(seen, database=database, clock=clock)
    for credential_id in (UUID(int=1), seen):
        count_verification(credential_id, database=database, clock=clock)
    write_held_counts(database)
    assert times(database, seen) == [2]
