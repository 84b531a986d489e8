"""Use cases as jobs: handed what they name, their arguments read from the text that a job keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.job_binding import Binding

ONE, TWO = UUID(int=1), UUID(int=2)
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


@pytest.fixture
def binding() -> Binding:
    return Binding({"session": lambda _, session: session, "clock": lambda runtime, _: runtime.clock})


def test_what_it_names_is_handed_over_and_arguments_are_read_as_what_it_expects(binding, runtime) -> None:
    def use_case(
        one: UUID, many: Sequence[UUID], at: datetime, colour: Colour, word: str, number: int, *, clock: Clock
    ) -> list[object]:
        return [one, many, at, colour, word, number, clock]

    job = binding.in_transaction(use_case)
    kept = {"one": str(ONE), "many": [str(ONE), str(TWO)], "at": AT.isoformat(), "colour": "red", "word": str(TWO)}
    assert job(runtime, number=7, **kept) == [ONE, [ONE, TWO], AT, Colour.RED, str(TWO), 7, runtime.clock]


def test_what_is_given_is_fixed_and_what_is_no_text_passes_as_it_is(binding, runtime) -> None:
    def use_case(one: UUID, *, actor: object) -> tuple[UUID, object]:
        return one, actor

    assert binding.in_transaction(use_case, actor=TWO)(runtime, one=ONE) == (ONE, TWO)


def test_a_transaction_commits_and_takes_everything_back_at_an_error(binding, runtime) -> None:
    def write(word: str, *, session: Session) -> None:
        session.execute(text("INSERT INTO note VALUES (:word)"), {"word": word})
        if word == "bad":
            raise ValueError(word)

    with runtime.transaction() as session:
        session.execute(text("CREATE TABLE note (word TEXT)"))
    job = binding.in_transaction(write)
    job(runtime, word="good")
    with pytest.raises(ValueError, match="bad"):
        job(runtime, word="bad")
    with runtime.reading() as session:
        assert session.scalars(text("SELECT word FROM note")).all() == ["good"]


def test_while_reading_nothing_can_be_written(binding, runtime) -> None:
    def write(*, session: Session) -> None:
        session.execute(text("CREATE TABLE note (word TEXT)"))

    with pytest.raises(DBAPIError, match=r"read-?only"):
        binding.while_reading(write)(runtime)


def test_a_use_case_that_asks_for_an_unknown_tool_is_refused_when_it_is_bound(binding) -> None:
    def use_case(*, mailer: Clock) -> None: ...

    with pytest.raises(TypeError, match="no tool is called mailer, for which use_case asks"):
        binding.in_transaction(use_case)


def test_an_argument_that_it_does_not_know_is_an_error(binding, runtime) -> None:
    def use_case(one: UUID) -> None: ...

    with pytest.raises(KeyError, match="two"):
        binding.in_transaction(use_case)(runtime, one=str(ONE), two="2")
