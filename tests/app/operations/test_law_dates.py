"""A law's date is data: a new one is a new version beside the former, and none goes unread for long."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from app.foundation import policies
from app.foundation.access import operator
from app.foundation.policies import PolicyInvalid, PolicyVersion
from app.operations import checks
from app.operations.checks import State
from app.operations.commands import law
from app.operations.law_policy import LawDate, LawPolicy

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ACT = {"law": "An act", "duty": "a duty", "source": "its article 1"}


def a_date(applies_on: str, checked_on: str = "2026-11-20", **changes: object) -> dict[str, object]:
    return {**ACT, "applies_on": applies_on, "checked_on": checked_on, **changes}


def put_in_force(session, clock, *dates: dict[str, object]) -> None:
    policies.set_policy(LawPolicy, {"dates": list(dates)}, session=session, at=clock.now(), actor=operator())


def seen(session, on: str) -> list[tuple[State, str]]:
    at = datetime.fromisoformat(on).replace(tzinfo=UTC)
    return [(check.state, check.saw) for check in checks.law_dates(session, at)]


def test_edge_090_a_date_that_moves_is_a_new_version_and_the_former_stays_on_record(session, clock) -> None:
    put_in_force(session, clock, a_date("2026-08-02"))
    put_in_force(session, clock, a_date("2027-12-02", "2026-11-21", source="amended"))
    now = policies.current(LawPolicy, session=session, at=clock.now()).law_dates
    assert [(one.applies_on, one.source, one.checked_on) for one in now] == [
        (date(2027, 12, 2), "amended", date(2026, 11, 21))
    ]
    former = session.get(PolicyVersion, ("law", 1))
    assert [LawDate.of(told).applies_on for told in former.values["dates"]] == [date(2026, 8, 2)]


def test_edge_090_what_nobody_looked_up_for_a_year_and_what_holds_soon_are_named(session, clock) -> None:
    put_in_force(session, clock, a_date("2027-12-02", "2026-11-28"), a_date("2025-02-02", "2027-01-01", duty="past"))
    assert seen(session, "2027-01-01") == [(State.OK, "2, 0 held against the official text")]
    assert seen(session, "2027-06-04") == [(State.OK, "2, 0 held against the official text")]
    assert seen(session, "2027-06-05") == [(State.WARN, "An act, a duty: holds from 2027-12-02")]
    assert seen(session, "2027-11-27") == [(State.WARN, "An act, a duty: holds from 2027-12-02")]
    assert seen(session, "2027-11-28") == [(State.WARN, "An act, a duty: last looked up on 2026-11-28")]


@pytest.mark.parametrize(
    "spoiled", [a_date("2 December 2027"), {**ACT, "applies_on": "2027-12-02"}, a_date("2027-12-02", "soon")]
)
def test_a_date_that_cannot_be_read_is_refused_where_it_is_set(session, clock, spoiled) -> None:
    with pytest.raises(PolicyInvalid, match="a date of law lacks or misspells"):
        put_in_force(session, clock, spoiled)


def test_what_is_shipped_says_where_each_date_was_read_and_claims_no_more(runtime) -> None:
    shipped = LawPolicy().law_dates
    assert date(2027, 12, 2) in [one.applies_on for one in shipped]
    assert not any(one.is_verified for one in shipped)
    told = CliRunner().invoke(law, obj=runtime).output
    assert "2027-12-02  Regulation (EU) 2024/1689 (AI Act): High-risk systems" in told
    assert told.count("as reported, not verified") == len(shipped)
    listed = json.loads(CliRunner().invoke(law, ["--json"], obj=runtime).output)
    assert [LawDate.of(one) for one in listed] == list(shipped)
