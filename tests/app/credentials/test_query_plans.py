"""With a million certificates of one skill, issuing the next reads those of its holder and no others.

SQLite keeps no statistics: of two indexes that fit it may take the one that tells least apart. Found by issuing ten
thousand, where each reservation read all that had been issued before.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.credentials.issue_record import recorded_issues
from tests.app.credentials.awards import Desk, an_award, an_id

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GROWING = ("credential", "audit_entry", "award", "skill_result", "sitting", "log_entry")
READ_WHOLE = tuple(f"SCAN {table}" for table in GROWING)


def plans(session: Session, told: list[tuple[str, Any]]) -> list[str]:
    """How each query was carried out."""
    connection = session.connection()
    return [
        row[3]
        for statement, values in told
        if statement.startswith("SELECT")
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    ]


@pytest.fixture
def told(session: Session) -> list[tuple[str, Any]]:
    told: list[tuple[str, Any]] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *given: told.append(given[2:4]))
    return told


def test_nothing_is_read_whole_to_issue_one(desk: Desk, session: Session, told: list[tuple[str, Any]]) -> None:
    desk.issue(desk.reserve(an_award(session)))
    found = plans(session, list(told))
    assert [plan for plan in found if "ix_credential_person_skill (person_id=? AND skill=?)" in plan]
    assert [plan for plan in found if plan.startswith(READ_WHOLE)] == []


def test_the_record_is_asked_for_its_subjects(session: Session, told: list[tuple[str, Any]]) -> None:
    recorded_issues([an_id(), an_id()], session=session)
    found = plans(session, list(told))
    assert [plan for plan in found if "ix_audit_entry_subject_kind (subject=? AND kind=?)" in plan]
    assert [plan for plan in found if plan.startswith(READ_WHOLE) or "ix_audit_entry_kind" in plan] == []
