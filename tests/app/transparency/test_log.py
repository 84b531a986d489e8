"""The public log: one entry for each event, never two, never none; and it never signs what does not continue it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app import worker
from app.credentials.commands import credential as group
from app.credentials.did import LOG
from app.foundation.errors import DecileError
from app.operations.commands import copy_log
from app.transparency import merkle, queries
from app.transparency.commands import log
from app.transparency.errors import LogForked
from app.transparency.log_event import log_event
from app.transparency.models import LogCheckpoint, LogEntry
from app.transparency.published_copy import read_copy, tile_path
from app.transparency.sign_checkpoint import number_entries
from tests.app.credentials.worker_house import ask, issue, key_in_use, since, stored
from tests.app.transparency.copy_of_log import auditor, copied, key_of, path_leads_to_root, sign

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def kinds(house) -> list[str]:
    with house.reading() as session:
        return list(session.scalars(select(LogEntry.kind).order_by(LogEntry.number)))


def test_case_053_each_event_has_one_entry_and_running_its_job_again_adds_none(house, clock) -> None:
    (code,) = issue(house)
    with house.reading() as session:
        credential_id = str(stored(session, code).id)
    worker.JOBS["issue_credential"](house, credential_id=credential_id)
    for words in (
        ("suspend", code, "--reference", "1"),
        ("reinstate", code, "--reference", "2"),
        ("revoke", code, "--reason", "issued-in-error"),
        ("revoke", code, "--reason", "misconduct"),
    ):
        clock.advance(timedelta(minutes=1))
        assert CliRunner().invoke(group, list(words), obj=house).exit_code == 0
    sign(house)
    found = kinds(house)  # three of one instant, in any order
    assert sorted(found[:3]) + found[3:] == ["issue", "key", "key", "suspend", "reinstate", "revoke"]


def test_key_events_are_entries_and_a_credential_issued_anew_has_a_new_one(house, clock, client) -> None:
    (code,) = issue(house)
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    sign(house)
    assert sorted(kinds(house)) == ["issue", "key", "key", "key", "key", "reissue"]
    shown = client.get(f"/log/proof/{code}").get_json()
    assert json.loads(shown["entry"])["kind"] == "reissue"
    assert path_leads_to_root(shown, auditor())


def test_no_entry_tells_who(house, client) -> None:
    (code,) = issue(house)
    with house.reading() as session:
        row = stored(session, code)
        secret = [str(row.id), str(row.person_id), code, str(row.subject_id), str(row.award_id), str(row.sitting_id)]
        texts = "".join(session.scalars(select(LogEntry.entry)))
    assert [one for one in secret if one in texts] == []


def test_every_credential_gets_a_proof_that_leads_to_the_signed_root(house, client) -> None:
    codes = issue(house, 5)
    assert client.get(f"/log/proof/{codes[0]}").get_json() == {"state": "awaiting"}
    sign(house)
    shown = [client.get(f"/log/proof/{code}").get_json() for code in codes]
    assert [path_leads_to_root(one, auditor()) for one in shown] == [True] * 5
    shown[0]["path"][0] = shown[1]["path"][-1]
    assert not path_leads_to_root(shown[0], auditor())
    page = client.get(f"/c/{codes[0]}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert f"entry {shown[0]['number'] + 1} of 7" in page


def test_signed_evidence_names_the_proof_and_a_hidden_one_answers_as_an_unknown(house, client) -> None:
    (code,) = issue(house)
    with house.transaction() as session:
        row = stored(session, code)
        assert f"http://localhost/log/proof/{code}" in row.signed_document
        row.visibility = "private"
    hidden, unknown = client.get(f"/log/proof/{code}"), client.get("/log/proof/7Q4FXK2M9TBDW3HNT")
    assert (hidden.status_code, hidden.get_json()["code"]) == (404, "credential-not-found")
    assert unknown.status_code == 404


def test_signing_again_without_news_signs_nothing(house) -> None:
    issue(house)
    sign(house)
    sign(house)
    with house.reading() as session:
        assert len(session.scalars(select(LogCheckpoint)).all()) == 1


def test_case_052_after_an_older_backup_nothing_shorter_or_forked_is_signed(house) -> None:
    issue(house, 2)
    sign(house)
    with house.transaction() as session:  # the database of yesterday
        session.delete(session.scalars(select(LogCheckpoint)).one())
        session.delete(session.scalars(select(LogEntry).order_by(LogEntry.number.desc())).first())
    with pytest.raises(LogForked):
        sign(house)
    issue(house, 2)  # and it goes on, with other entries in the place of those that were lost
    with pytest.raises(LogForked):
        sign(house)


@pytest.mark.parametrize("place", range(4))
def test_case_052_a_changed_bit_is_found_and_named(house, place: int) -> None:
    issue(house, 2)
    sign(house)
    assert CliRunner().invoke(log, ["verify"], obj=house).exit_code == 0
    with house.transaction() as session:
        row = session.scalars(select(LogEntry).where(LogEntry.number == place)).one()
        row.entry = row.entry[:10] + chr(ord(row.entry[10]) ^ 1) + row.entry[11:]
    with house.reading() as session, pytest.raises(DecileError, match=f"entry {place}"):
        queries.verify(session=session)


def test_case_052_a_rewritten_entry_with_its_hash_is_found_too(house) -> None:
    issue(house, 2)
    sign(house)
    with house.transaction() as session:
        row = session.scalars(select(LogEntry).where(LogEntry.number == 1)).one()
        row.entry = row.entry.replace('"v":1', '"v":2')
        row.leaf_hash = merkle.leaf_hash(row.entry.encode())
    with house.reading() as session, pytest.raises(DecileError, match="root"):
        queries.verify(session=session)
    issue(house)
    with pytest.raises(LogForked):
        sign(house)


def test_case_052_a_full_disk_signs_no_checkpoint(house, monkeypatch) -> None:
    issue(house)
    monkeypatch.setattr("app.foundation.whole_files.os.fsync", lambda _fd: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        sign(house)
    with house.reading() as session:
        assert session.scalars(select(LogCheckpoint)).all() == []


def test_case_056_eight_who_write_and_number_at_once_leave_one_chain_without_a_gap(house) -> None:
    def write(writer: int) -> None:
        for number in range(12):
            with house.transaction() as session:
                log_event("issue", f"{writer}-{number}", {"by": writer}, at=house.clock.now(), session=session)
            with house.transaction() as session:
                number_entries(session=session)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write, writer) for writer in range(8)]:
            done.result()
    sign(house)
    with house.reading() as session:
        numbers = session.scalars(select(LogEntry.number).order_by(LogEntry.number)).all()
        assert queries.verify(session=session).size == len(numbers) >= 96
    assert numbers == list(range(len(numbers)))


def test_tiles_are_static_files_and_nothing_beyond_the_checkpoint_is_shown(house, client) -> None:
    issue(house, 3)
    sign(house)
    issue(house, 1)
    assert len(client.get("/log/tile/0/000.p/5").get_data()) == 5 * 32
    assert "immutable" in client.get("/log/tile/0/000.p/5").headers["Cache-Control"]
    missing = (
        "0/000.p/6",
        "0/000",
        "1/000.p/1",
        "0/001.p/1",
        "0/000.p/0",
        "entries/000.p/6",
        "entries/x000",
        "9/000.p/1",
        "99999999999999999999/000.p/1",
        f"0/{'x999/' * 1500}999",
        f"entries/{'x999/' * 1500}999",
    )
    assert [client.get(f"/log/tile/{place}").status_code for place in missing] == [404] * len(missing)


def test_the_key_of_the_log_signs_nothing_else(house, client) -> None:
    issue(house)
    sign(house)
    (vkey,) = key_of(client)
    assert vkey.startswith("localhost/log+")
    published = client.get("/.well-known/did.json").get_data(as_text=True)
    assert house.signers.newest(LOG).key_id not in published


def test_a_copy_is_what_the_pages_give_and_is_written_over_by_the_next(house, client, tmp_path: Path) -> None:
    for _ in range(2):
        issue(house, 1)
        sign(house)
        done = CliRunner().invoke(copy_log, [str(tmp_path / "ours")], obj=house)
        assert done.exit_code == 0, done.output
    pages = copied(client, tmp_path / "pages", [])
    for file in (path for path in pages.rglob("*") if path.is_file()):
        assert (tmp_path / "ours" / file.relative_to(pages)).read_bytes() == file.read_bytes()
    with house.reading() as session:
        keys = queries.verifier_keys(session=session)
        whole = read_copy(tmp_path / "ours", keys)
        assert len(whole.entries) == whole.checkpoint.size == queries.checkpoint(session=session).size
    for number in (0, 7, 255, 256, 1000, 1_234_067):
        assert tile_path("entries", number, 8) == auditor().tile_path("entries", number, 8)
