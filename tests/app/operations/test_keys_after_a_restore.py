"""Keys that change after a backup or during it: a restore neither brings back the former nor forgets the newer ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click import Context
from click.testing import CliRunner
from sqlalchemy import select

from app import worker
from app.cli import main
from app.credentials import did, key_files, queries
from app.credentials.copied_keys import read_keys
from app.credentials.did import ED25519, LOG, RS256
from app.credentials.errors import CopiedKeysUnreadable, ListOfUnknownKey
from app.credentials.keys import FileKeyStore
from app.credentials.models import IssuerKey
from app.foundation.job_list import list_jobs
from app.foundation.jobs import DurableJobs
from app.foundation.runtime import Runtime
from app.operations import sqlite_snapshot
from app.operations.checks import State, published_keys
from app.operations.errors import BackupRefused
from app.operations.make_backup import make_backup
from app.operations.restore_backup import Restored, restore_backup
from app.transparency import queries as log
from app.verification.verdict import Verdict
from tests.app.credentials.worker_house import ask, key_in_use, since, verdict
from tests.app.operations.filled import BACKUP, PASSPHRASE, House, fill_files, opened
from tests.journeys.at_a_standstill import SMALL_SCRYPT_N, run_jobs


@pytest.fixture
def house(tmp_path: Path, migrated_sqlite: Path) -> Iterator[House]:
    """With three certificates, of which the last is revoked; the backup is made a moment ago."""
    fill_files(tmp_path / "data", migrated_sqlite)
    with opened(tmp_path / "data") as found:
        (found.data / BACKUP).unlink()
        make_backup(found.data / BACKUP, runtime=found.runtime)
        found.clock.advance(timedelta(minutes=10))
        yield found


def copied(house: House) -> Path:
    """What `decile log copy` writes once the worker has signed the log."""
    house.work("sign_checkpoint")
    folder = house.data.parent / "copy"
    done = CliRunner().invoke(main.get_command(Context(main), "log"), ["copy", str(folder)], obj=house.runtime)
    assert done.exit_code == 0, done.output
    assert "copy again" not in done.output
    return folder


def restored(house: House, log_copy: Path | None = None) -> tuple[Restored, Path]:
    data = house.data.parent / "elsewhere"
    settings = house.runtime.settings.model_copy(update={"data": data, "database_url": ""})
    return restore_backup(house.data / BACKUP, settings=settings, clock=house.clock, log_copy=log_copy), data


def keys(runtime: Runtime) -> dict[str, str]:
    """Each key and how it stands."""
    with runtime.reading() as session:
        rows = session.scalars(select(IssuerKey)).all()
        return {
            row.key_id: "compromised" if row.compromised_at else "retired" if row.retired_at else "in use"
            for row in rows
        }


def begin_again(there: House) -> None:
    """`decile keys init`, then the worker's start, a few days later."""
    there.clock.advance(timedelta(days=3))
    runtime = there.runtime
    store = FileKeyStore(runtime.settings.key_directory, scrypt_n=SMALL_SCRYPT_N)
    for algorithm in (one for one in (ED25519, RS256, LOG) if not store.has(one)):
        store.init("did:web:localhost", PASSPHRASE, at=runtime.clock.now(), algorithm=algorithm)
    worker.publish_keys(runtime)
    worker.while_reading(worker.require_signers)(runtime)


def test_after_a_rotation_what_was_revoked_since_is_revoked_again_and_the_newer_keys_verify(house: House) -> None:
    former, taken = keys(house.runtime), house.codes()[0]
    ask(house.runtime, "rotate")
    ask(house.runtime, "revoke", taken, "--reason", "issued-in-error")
    rotated = keys(house.runtime)

    came, data = restored(house, copied(house))

    assert (came.reapplied.revoked, came.keyless, set(came.keys.retired)) == (1, (ED25519, RS256), set(rotated))
    with opened(data) as there:
        assert keys(there.runtime) == dict.fromkeys(rotated, "retired")
        assert verdict(there.runtime, taken) is Verdict.REVOKED
        assert former.keys().isdisjoint(key_files.ids(there.data / "keys")), "else keys init would make none"
        begin_again(there)
        in_use = {key_in_use(there.runtime), key_in_use(there.runtime, RS256)}
        assert in_use.isdisjoint(rotated)
        there.work("sign_checkpoint")
        worker.JOBS["publish_status_list"](there.runtime, number=1)
        with there.runtime.reading() as session:
            log.verify(session=session)
            document = queries.did_document(base_url="http://localhost", session=session)
            signed = json.loads(queries.status_list(1, session=session).signed_document)
        assert {one["id"] for one in document["verificationMethod"]} == {*rotated, *in_use}
        assert signed["proof"][0]["verificationMethod"] in in_use


def test_the_restore_says_what_to_do_where_no_key_is_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(house.runtime, "rotate", "--algorithm", ED25519)
    folder, data = copied(house), house.data.parent / "elsewhere"
    values = {
        "data": data,
        "base_url": "http://localhost",
        "backup_passphrase": house.runtime.settings.backup_passphrase,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"DECILE_{name.upper()}", str(value))
    done = CliRunner().invoke(main, ["restore", str(house.data / BACKUP), "--log", str(folder)])
    assert done.exit_code == 0, done.output
    assert f"No {ED25519} key is in use any more: run `decile keys init`" in done.output
    with opened(data) as there, there.runtime.reading() as session:
        (found,) = published_keys(session, there.runtime.settings)
    assert (found.state, found.saw) == (State.FAIL, f"none of {ED25519} is in use")
    assert "decile keys init" in found.remedy


def test_a_stolen_key_is_not_in_use_again_and_what_it_had_signed_is_signed_anew(house: House) -> None:
    stolen, codes = key_in_use(house.runtime), house.codes()
    house.clock.advance(timedelta(days=1))
    ask(house.runtime, "compromise", stolen, "--since", since(house.clock.now() - timedelta(minutes=1)))
    assert [verdict(house.runtime, code) for code in codes[:2]] == [Verdict.SPECIMEN] * 2

    came, data = restored(house, copied(house))

    assert (came.keys.compromised, came.keyless) == ((stolen,), (ED25519,))
    assert (came.reapplied.revoked, came.reapplied.waiting) == (0, 0)
    with opened(data) as there:
        assert keys(there.runtime)[stolen] == "compromised"
        assert stolen not in key_files.ids(there.data / "keys")
        waiting = {job.name for job in list_jobs(DurableJobs(there.runtime.database).client)}
        assert waiting >= {"compromise_key", "publish_status_list"}
        begin_again(there)
        _go_on_with_the_compromise(there, stolen)
        assert [verdict(there.runtime, code) for code in codes] == [Verdict.SPECIMEN] * 2 + [Verdict.REVOKED]
        with there.runtime.reading() as session:
            published = queries.did_document(base_url="http://localhost", session=session)
            replaced = [one["replaces"] for one in log.entries("reissue", session=session)]
        assert len(replaced) == len(set(replaced)) == 4, "an auditor takes what is replaced twice for one too many"
        assert stolen not in {one["id"] for one in published["verificationMethod"]}


def test_what_was_signed_anew_and_may_have_been_revoked_since_waits_for_a_person(house: House) -> None:
    stolen, codes = key_in_use(house.runtime), house.codes()
    house.clock.advance(timedelta(days=1))
    ask(house.runtime, "compromise", stolen, "--since", since(house.clock.now() - timedelta(minutes=1)))
    ask(house.runtime, "revoke", codes[0], "--reason", "issued-in-error")

    came, data = restored(house, copied(house))

    assert (came.reapplied.revoked, came.reapplied.unknown, came.reapplied.waiting) == (0, 1, 2)
    with opened(data) as there:
        begin_again(there)
        _go_on_with_the_compromise(there, stolen)
        assert [verdict(there.runtime, code) for code in codes] == [Verdict.SUSPENDED] * 2 + [Verdict.REVOKED]


def _go_on_with_the_compromise(there: House, key_id: str) -> None:
    with there.runtime.reading() as session:
        instant = session.get(IssuerKey, key_id).compromised_since
    arguments = {"key_id": key_id, "since": instant.isoformat(), "request": f"compromise:{key_id}"}
    worker.JOBS["compromise_key"](there.runtime, **arguments)
    worker.JOBS["publish_status_list"](there.runtime, number=1)
    run_jobs(there.runtime)


def test_a_copy_without_keys_is_refused_with_a_remedy_that_helps(house: House) -> None:
    ask(house.runtime, "rotate")
    ask(house.runtime, "revoke", house.codes()[0], "--reason", "issued-in-error")
    folder = copied(house)
    kept = (folder / "did.json").read_bytes()
    (folder / "did.json").unlink()  # as a former release wrote it

    with pytest.raises(ListOfUnknownKey, match=r"save there .* /\.well-known/did\.json"):
        restored(house, folder)
    (folder / "did.json").write_bytes(kept)
    came, _data = restored(house, folder)
    assert came.reapplied.revoked == 1


def test_a_key_of_which_the_log_does_not_tell_proves_nothing(house: House) -> None:
    ask(house.runtime, "rotate")
    folder = copied(house)
    document = json.loads((folder / "did.json").read_bytes())
    for method in document["verificationMethod"]:
        if "publicKeyMultibase" in method:
            method["publicKeyMultibase"] = did.multikey(bytes(32))
    (folder / "did.json").write_text(json.dumps(document))

    with pytest.raises(ListOfUnknownKey):
        restored(house, folder)
    (folder / "did.json").write_text("[]")
    with pytest.raises(CopiedKeysUnreadable):
        restored(house, folder)
    assert not any(path.name == "decile.sqlite3" for path in (house.data.parent / "elsewhere").rglob("*"))


def test_a_key_is_read_from_the_copy_as_it_was_written(house: House) -> None:
    folder = copied(house)
    with house.runtime.reading() as session:
        known = {(key.key_id, key.algorithm, key.public_bytes) for key in queries.keys(session=session)}
    assert {(one.key_id, one.algorithm, one.public_bytes) for one in read_keys(folder)} == known


def test_a_copy_says_when_the_log_does_not_tell_of_the_newest_key_yet(house: House) -> None:
    ask(house.runtime, "rotate", "--algorithm", ED25519)
    words = ["copy", str(house.data.parent / "copy")]
    done = CliRunner().invoke(main.get_command(Context(main), "log"), words, obj=house.runtime)
    assert f"No signed checkpoint tells of {key_in_use(house.runtime)} yet: copy again in a minute" in done.output


def test_a_backup_during_which_keys_are_rotated_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    former, real = key_in_use(house.runtime), sqlite_snapshot.take

    def takes_a_while(url: str, directory: Path) -> dict[str, int]:
        rows = real(url, directory)
        ask(house.runtime, "rotate", "--algorithm", ED25519)
        return rows

    path = house.data.parent / "another.backup"
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sqlite_snapshot, "take", takes_a_while)
        with pytest.raises(BackupRefused, match=f"while the backup was made: {former} "):
            make_backup(path, runtime=house.runtime)
    assert not path.exists()
    make_backup(path, runtime=house.runtime)
