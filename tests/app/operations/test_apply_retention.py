"""What is due is forgotten, and nothing else: whole sittings by the day, numbers and hashes kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event, insert, select

from app.assessment.errors import ResponsesForgotten
from app.assessment.final_scores import final_score
from app.assessment.models import Presentation, Response
from app.assessment.norming_rows import responses_for_norming
from app.assessment.replay_sitting import replay_sitting
from app.assessment.retention_policy import RetentionPolicy
from app.assessment.rules import months_after
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from app.foundation.db import Base
from app.foundation.kept_answers import KeptAnswer
from app.foundation.kept_forms import KeptForm
from app.operations import apply_retention as retaining
from app.operations.apply_retention import apply_retention, due_for_retention
from app.operations.commands import retention
from tests.app.credentials.awards import an_id, write
from tests.fakes import NOON

LIMIT = months_after(NOON, -24)
INSTANT = timedelta(microseconds=1)


def a_sitting(session, ended_at: datetime | None, *, state: str = "completed", frozen: bool = True, answers: int = 3):
    """A sitting that ended then, with what was shown, answered and frozen."""
    sitting_id = an_id()
    person = write(session, "person", id=an_id(), email=f"{sitting_id}@example.org", language="en")
    ended = {"state": state, "completed_at": ended_at, "stop_reason": "most-units", "first_of_skill": True}
    write(session, "sitting", id=sitting_id, person_id=person, skill="collaboration", language="en", **ended)
    for position in range(1, answers + 1):
        shown = {"sitting_id": sitting_id, "position": position}
        write(session, "presentation", **shown, item_code=f"x{position}", presented_at=LIMIT)
        session.execute(insert(Response).values(**shown, value=2, client_sequence=1, received_at=LIMIT))
    if frozen:
        write(session, "frozen_sitting", sitting_id=sitting_id, responses='{"units":[]}', sha256="abc", median=1.25)
    return sitting_id


def everything(session) -> dict[str, list[Any]]:
    """Every row of every table, in an order of its own."""
    tables = Base.metadata.sorted_tables
    return {table.name: sorted(map(repr, session.execute(select(table)).all())) for table in tables}


def forget(runtime, **values: Any) -> int:
    with runtime.transaction() as session:
        return apply_retention(session=session, clock=runtime.clock, actor=operator(), **values).sittings


def test_what_is_due_goes_and_nothing_else(runtime):
    with runtime.transaction() as session:
        due = [
            a_sitting(session, LIMIT - INSTANT),
            a_sitting(session, LIMIT - timedelta(days=400), state="abandoned", frozen=False),
            a_sitting(session, datetime(2020, 2, 29, tzinfo=UTC), answers=0),
        ]
        stays = [
            a_sitting(session, LIMIT),
            a_sitting(session, NOON),
            a_sitting(session, None, state="open", frozen=False),
        ]
        before = everything(session)

    assert forget(runtime) == 3

    with runtime.reading() as session:
        after = everything(session)
        assert set(session.scalars(select(Response.sitting_id))) == set(stays)
        assert set(session.scalars(select(Presentation.sitting_id))) == set(stays)
        entries = session.scalars(select(AuditEntry)).all()
        changed = {name for name in before if before[name] != after[name]}
    assert changed == {"response", "presentation", "frozen_sitting", "audit_entry"}
    assert [(entry.kind, entry.detail["sittings"], entry.detail["responses"]) for entry in entries] == [
        ("retention.applied", 3, 6)
    ]
    gone, came = set(before["frozen_sitting"]) - set(after["frozen_sitting"]), set(after["frozen_sitting"])
    assert {row.replace("'{\"units\":[]}'", "''") for row in gone} <= came  # numbers and hash stand as they were
    assert len(gone) == 2
    assert due
    assert forget(runtime) == 0


def test_a_dry_run_tells_what_the_next_run_forgets_and_changes_nothing(runtime):
    with runtime.transaction() as session:
        for _ in range(3):
            a_sitting(session, LIMIT - INSTANT)
        before = everything(session)
    said = CliRunner().invoke(retention, ["--dry-run"], obj=runtime, catch_exceptions=False).output
    assert said == "Due: 9 responses of 3 sittings.\n"
    with runtime.reading() as session:
        assert everything(session) == before
    said = CliRunner().invoke(retention, obj=runtime, catch_exceptions=False).output
    assert said == "Forgot 9 responses of 3 sittings.\n"


def test_a_batch_cut_off_forgets_nothing_and_the_next_run_goes_on(runtime, monkeypatch):
    monkeypatch.setattr(retaining, "SITTINGS_AT_ONCE", 2)
    with runtime.transaction() as session:
        for _ in range(3):
            a_sitting(session, LIMIT - INSTANT)
    assert forget(runtime) == 2

    def fail(*_arguments) -> None:
        raise OSError("the disk is full")

    event.listen(runtime.database.writing, "commit", fail)
    with pytest.raises(OSError, match="full"):
        forget(runtime)
    event.remove(runtime.database.writing, "commit", fail)
    with runtime.reading() as session:
        assert due_for_retention(session=session, clock=runtime.clock).sittings == 1
    assert [forget(runtime), forget(runtime)] == [1, 0]


def test_another_policy_is_another_time(runtime):
    with runtime.transaction() as session:
        a_sitting(session, LIMIT - INSTANT)
        values = {"response_months": 36}
        policies.set_policy(RetentionPolicy, values, session=session, at=runtime.clock.now(), actor=operator())
    assert forget(runtime) == 0
    runtime.clock.advance(timedelta(days=367))
    assert forget(runtime) == 1


def test_a_forgotten_sitting_keeps_its_score_and_says_why_it_cannot_be_replayed(runtime):
    with runtime.transaction() as session:
        sitting_id = a_sitting(session, LIMIT - INSTANT)
    assert forget(runtime) == 1
    with runtime.reading() as session:
        assert final_score(sitting_id, session=session).median == 1.25
        with pytest.raises(ResponsesForgotten):
            replay_sitting(sitting_id, session=session)
        ever = {"after": datetime(2000, 1, 1, tzinfo=UTC), "until": NOON}
        assert list(responses_for_norming("collaboration", "en", session=session, **ever)) == []


def test_forms_kept_for_a_while_go_with_their_time(runtime):
    with runtime.transaction() as session:
        for path, until in (("/old", NOON), ("/new", NOON + INSTANT)):
            write(session, "kept_form", holder_id=an_id(), path=path, fields="[]", kept_until_at=until)
    forget(runtime)
    with runtime.reading() as session:
        assert session.scalars(select(KeptForm.path)).all() == ["/new"]


def test_answers_kept_for_a_while_go_with_their_time(runtime):
    with runtime.transaction() as session:
        for key, until in (("old", NOON), ("new", NOON + INSTANT)):
            write(session, "kept_answer", holder_id=an_id(), key=key, kept_until_at=until)
    forget(runtime)
    with runtime.reading() as session:
        assert session.scalars(select(KeptAnswer.key)).all() == ["new"]
