"""A suspension: seen at once by page and API, with a reference for the record and nothing for the public."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.credentials import codes
from app.credentials.commands import credential as group
from app.credentials.errors import NotReinstatable, ReferenceNeeded
from app.foundation.audit import AuditEntry
from app.foundation.errors import DecileError
from tests.app.credentials.worker_house import issue

HTML = {"Accept": "text/html"}
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def run(house, *words: str) -> str:
    done = CliRunner().invoke(group, list(words), obj=house)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def seen(client, code: str) -> tuple[str, str]:
    said = client.post("/verify", json={"code": code}, headers={"Accept": "application/json"}).get_json()
    return said["verdict"], client.get(f"/c/{code}.json").headers["Decile-Verdict"]


def test_a_suspension_is_seen_on_the_next_look_though_the_page_was_kept(house, client) -> None:
    (code,) = issue(house)
    kept = client.get(f"/c/{code}", headers=HTML).headers["ETag"]
    run(house, "suspend", code, "--reference", "2026-114")
    page = client.get(f"/c/{code}", headers={**HTML, "If-None-Match": kept})
    assert page.status_code == 200
    assert "SUSPENDED: under review" in page.get_data(as_text=True)
    assert "2026-114" not in page.get_data(as_text=True)
    assert seen(client, code) == ("suspended", "suspended")
    run(house, "reinstate", code, "--reference", "2026-114")
    assert seen(client, code) == ("valid", "valid")
    with house.reading() as session:
        entries = session.execute(
            select(AuditEntry.kind, AuditEntry.detail)
            .where(AuditEntry.kind.in_(("credential.suspended", "credential.reinstated")))
            .order_by(AuditEntry.sequence)
        ).all()
    assert [tuple(entry) for entry in entries] == [
        ("credential.suspended", {"reference": "2026-114"}),
        ("credential.reinstated", {"reference": "2026-114"}),
    ]


def test_suspending_twice_keeps_the_first_record(house) -> None:
    (code,) = issue(house)
    run(house, "suspend", code, "--reference", "2026-114")
    run(house, "suspend", code, "--reference", "2026-114")
    with house.reading() as session:
        kinds = session.scalars(select(AuditEntry.kind).where(AuditEntry.kind == "credential.suspended")).all()
    assert len(kinds) == 1


def test_what_is_not_under_review_or_revoked_meanwhile_is_not_reinstated(house) -> None:
    (code,) = issue(house)
    with pytest.raises(NotReinstatable, match="not under review"):
        run(house, "reinstate", code, "--reference", "2026-114")
    run(house, "suspend", code, "--reference", "2026-114")
    run(house, "revoke", code, "--reason", "issued-in-error")
    with pytest.raises(NotReinstatable, match="revoked"):
        run(house, "reinstate", code, "--reference", "2026-114")


@pytest.mark.parametrize("words", ["", " ", "complaint of 12 May", "ada@example.org1", "Ada", "2" * 41, "-1", "7\n"])
def test_the_record_is_never_erased_so_it_takes_the_number_of_a_file_and_no_words(house, words) -> None:
    (code,) = issue(house)
    with pytest.raises(ReferenceNeeded, match="number of your file"):
        run(house, "suspend", code, "--reference", words)


def test_what_is_revoked_stays_so(house, client) -> None:
    (code,) = issue(house)
    run(house, "revoke", code, "--reason", "issued-in-error")
    with pytest.raises(DecileError, match="revoked"):
        run(house, "suspend", code, "--reference", "2026-114")
    assert seen(client, code) == ("revoked", "revoked")


def test_the_list_says_in_which_state_each_credential_is(house) -> None:
    standing, suspended, revoked = issue(house, 3)
    run(house, "suspend", suspended, "--reference", "2026-114")
    run(house, "revoke", revoked, "--reason", "issued-in-error")

    def listed() -> dict[str, str]:
        lines = run(house, "list")
        rows = {codes.read_code(row["code"]): row for row in json.loads(run(house, "list", "--json"))}
        assert all(f"  {row['state']}  " in lines for row in rows.values())
        assert (rows[suspended]["suspended_at"] is None, rows[standing]["suspended_at"]) == (False, None)
        return {code: row["state"] for code, row in rows.items()}

    assert listed() == {standing: "issued", suspended: "suspended", revoked: "revoked"}
    house.clock.advance(timedelta(days=400))
    assert listed() == {standing: "expired", suspended: "suspended", revoked: "revoked"}


def test_a_review_has_one_decision(house) -> None:
    for words in ((), ("--reissue", "--revoke"), ("--revoke", "--reissue")):
        done = CliRunner().invoke(group, ["review", "7Q4F-XK2M-9TBD-W3HN-T", *words], obj=house)
        assert (done.exit_code, "one of the two" in done.output) == (2, True)
