"""What the jobs library says appears as lines of ours, and not thousands of times while the database is away."""

from __future__ import annotations

import logging

import pytest
from structlog.testing import capture_logs

from app.foundation.jobs import SECONDS_BETWEEN_ALIKE, quieten_library

AWAY = "Exception encountered in queue thread for decile: (psycopg.OperationalError) connection is bad\nTraceback …"


@pytest.fixture
def library() -> logging.Logger:
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    quieten_library()
    return logger


def say(library: logging.Logger, said: str, *, at: float) -> None:
    record = library.makeRecord("dbos", logging.WARNING, __file__, 1, said, (), None)
    record.created = at
    library.handle(record)


def test_what_begins_alike_is_one_line_a_minute_that_says_how_often(library: logging.Logger) -> None:
    with capture_logs() as lines:
        for tenth in range(600):
            say(library, AWAY, at=1000 + tenth / 10)
        say(library, "Workflow mail:1 outcome was not recorded", at=1001)
        say(library, AWAY, at=1000 + SECONDS_BETWEEN_ALIKE)
    said = [(line["said"], line["left_out"]) for line in lines]
    assert said == [
        ("Exception encountered in queue thread for decile: (psycopg.OperationalError) connection is bad", 0),
        ("Workflow mail:1 outcome was not recorded", 0),
        ("Exception encountered in queue thread for decile: (psycopg.OperationalError) connection is bad", 599),
    ]


def test_lines_that_differ_are_not_remembered_for_ever(library: logging.Logger) -> None:
    for number in range(500):
        say(library, f"Workflow mail:{number} outcome was not recorded", at=1000.0 + number)
    (remembered,) = (vars(one)["_said"] for one in library.handlers if "_said" in vars(one))
    assert len(remembered) <= SECONDS_BETWEEN_ALIKE + 1
