"""What a backup holds, and how a restore comes out: everything, or nothing and a reason."""

from __future__ import annotations

import errno
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import pytest
from click import Context
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, select

from app.accounts.models import BrowserSession, Consent, Person
from app.cli import WHAT_HELPS, main
from app.credentials import queries
from app.credentials.errors import StatusListInvalid
from app.credentials.keys import Ed25519Signer
from app.credentials.models import WithdrawnSignature
from app.credentials.publish_status_list import publish_status_list
from app.credentials.reapply_revocations import Reapplied
from app.credentials.reverse_revocation import reverse_revocation
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation import running
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from app.foundation.clock import SystemClock
from app.foundation.db import Database
from app.foundation.job_list import list_jobs
from app.foundation.jobs import DurableJobs
from app.foundation.running import RestoreUnfinished, SystemRunning
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.foundation.signing import Signer
from app.operations import restore_backup as restoring
from app.operations import sqlite_snapshot
from app.operations.archive import read_manifest
from app.operations.errors import BackupRefused, BackupUnreadable, RestoreRefused
from app.operations.make_backup import make_backup
from app.operations.restore_backup import restore_backup
from app.transparency import merkle
from app.transparency import queries as log
from app.transparency.adopt_published import Adopted
from app.transparency.errors import CopyUnreadable, LogBroken
from app.transparency.head import LogHead
from app.transparency.models import LogCheckpoint, LogEntry
from app.transparency.published_copy import write_copy
from app.transparency.sign_checkpoint import number_entries, sign_checkpoint
from tests.app.credentials.awards import BASE_URL, Desk, a_signer
from tests.app.operations.conftest import PASSPHRASE, settings_for
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.killed_child import killed_before_file
from tests.postgres_server import fresh_postgres_database

CLOCK = SystemClock()


def add_person(runtime: Runtime) -> UUID:
    """A person and their consent, together in one transaction."""
    person, now = uuid4(), CLOCK.now()
    with runtime.transaction() as session:
        session.add(Person(id=person, email=f"{person}@example.org", language="en", known_since_at=now))
        session.flush()
        session.add(Consent(id=uuid4(), person_id=person, kind="take", version=1, given_at=now))
    return person


def restored(path: Path, settings: Settings, **options) -> Database:
    restore_backup(path, settings=settings, clock=CLOCK, **options)
    return Database(settings.resolved_database_url)


def people(database: Database) -> tuple[set[UUID], set[UUID]]:
    """Everybody, and everybody who consented."""
    with database.reading() as session:
        found = set(session.scalars(select(Person.id))), set(session.scalars(select(Consent.person_id)))
    database.dispose()
    return found


def names_below(directory: Path) -> set[str]:
    return {path.name for path in directory.rglob("*")} - {running.LOCK_FILE} if directory.exists() else set()


class Writers:
    """So many who write without pause; `acknowledged` holds whatever they were told is kept, in order."""

    def __init__(self, runtime: Runtime, count: int) -> None:
        self._runtime, self.acknowledged = runtime, []
        self._ending, self._failed = threading.Event(), []
        self._threads = [threading.Thread(target=self._write) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        """What failed a writer comes before what came of it: who waits for a dead writer waits in vain."""
        self._ending.set()
        for thread in self._threads:
            thread.join()
        for problem in self._failed:
            raise problem

    def _write(self) -> None:
        try:
            while not self._ending.is_set():
                self.acknowledged.append(add_person(self._runtime))
        except Exception as problem:  # noqa: BLE001  shown at the end
            self._failed.append(problem)

    def wait_for(self, count: int) -> None:
        while len(self.acknowledged) < count and not self._failed:
            time.sleep(0.001)  # without it the writers get no turn


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_a_place_that_takes_no_backup_is_said_in_one_line(installation, tmp_path):
    environment = {"DECILE_DATA": str(installation.settings.data), "DECILE_BACKUP_PASSPHRASE": PASSPHRASE}
    installation.database.dispose()
    (tmp_path / ".full.backup.part").symlink_to("/dev/full")
    for file, line in (
        ("/proc/x.backup", f"Refused: /proc/x.backup: No such file or directory.{WHAT_HELPS[errno.ENOENT]}\n"),
        (
            full := str(tmp_path / "full.backup"),
            f"Refused: {full}: No space left on device.{WHAT_HELPS[errno.ENOSPC]}\n",
        ),
    ):
        done = CliRunner().invoke(main, ["backup", file], env=environment)
        assert (done.exit_code, done.output) == (1, line)
    assert names_below(tmp_path) & {"full.backup", ".full.backup.part"} == set()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_a_disk_too_full_for_the_copy_of_the_database_is_a_refusal(installation, tmp_path):
    (tmp_path / sqlite_snapshot.COPY).symlink_to("/dev/full")
    with pytest.raises(BackupRefused, match="could not be copied into"):
        sqlite_snapshot.take(installation.database.url, tmp_path)


@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.long)])
def test_case_087_a_backup_under_writes_holds_what_was_acknowledged_before_it_and_nothing_half(
    installation, tmp_path, rounds
):
    written_during = 0
    for number in range(rounds):
        path = tmp_path / f"{number}.backup"
        with Writers(installation, 3) as writers:
            writers.wait_for(20 * (number + 1))
            before = set(writers.acknowledged)
            make_backup(path, runtime=installation)
            written_during += len(writers.acknowledged) - len(before)
        found, consented = _restored_rows(path, installation, tmp_path / f"to-{number}")
        assert before <= found
        assert found == consented
    # of all rounds: in a single one the disk may stand still for as long as a small backup takes
    assert written_during > 0, "nobody wrote while a backup was made, so this proved nothing"


def _restored_rows(path: Path, installation: Runtime, data: Path) -> tuple[set[UUID], set[UUID]]:
    if installation.database.is_sqlite:
        return people(restored(path, settings_for(data, "")))
    with fresh_postgres_database() as url:
        return people(restored(path, settings_for(data, url)))


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.long)])
def test_a_backup_killed_before_any_of_its_files_leaves_none_that_passes_for_whole(installation, tmp_path, step):
    expected = add_person(installation)
    installation.database.dispose()
    url, kills = installation.database.url, 0
    for number in count(1, step):
        path = tmp_path / f"{number}.backup"

        def act(path: Path = path) -> None:
            make_backup(path, runtime=replace(installation, database=Database(url)))

        if not killed_before_file(number, act):
            break
        kills += 1
        if path.exists():
            assert read_manifest(path, PASSPHRASE)
    assert kills > 20 / step, "too few files: this proved little"
    print(f"{kills} kills")
    again = tmp_path / "again.backup"
    make_backup(again, runtime=installation)
    assert expected in people(restored(again, settings_for(tmp_path / "elsewhere", "")))[0]


def test_keys_secrets_jobs_and_counters_come_back(installation, elsewhere, tmp_path):
    with installation.transaction() as session:
        installation.jobs.enqueue("report_result", "result:1", session=session, arguments={"sitting_id": "1"})
    make_backup(tmp_path / "former.backup", runtime=installation)
    make_backup(tmp_path / "x.backup", runtime=installation)

    database = restored(tmp_path / "x.backup", elsewhere)

    for name in ("keys/2026-11-0a1b2c3d.key.json", "secret_keys.json"):
        there = installation.settings.data / name
        assert not there.exists() or (elsewhere.data / name).read_bytes() == there.read_bytes()
        assert (elsewhere.data / name).exists() == there.exists()
    assert [job.key for job in list_jobs(DurableJobs(database).client)] == ["result:1"]
    with database.reading() as session:
        kinds = session.scalars(select(AuditEntry.kind).order_by(AuditEntry.sequence)).all()
    assert kinds == ["backup.made", "backup.restored"]
    with installation.reading() as session:
        assert session.scalars(select(AuditEntry.kind)).all() == ["backup.made"] * 2
    database.dispose()
    assert {path.stat().st_mode & 0o077 for path in elsewhere.data.rglob("*")} == {0}
    assert (tmp_path / "x.backup").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_no_address_stands_readable_in_a_backup(installation, tmp_path):
    add_person(installation)
    make_backup(tmp_path / "x.backup", runtime=installation)
    data = (tmp_path / "x.backup").read_bytes()
    assert b"example.org" not in data
    assert b"ciphertext" not in data
    assert not (installation.settings.data / ".backup").exists()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_a_backup_overwrites_nothing_and_needs_a_passphrase(installation, tmp_path):
    (tmp_path / "x.backup").write_text("mine")
    with pytest.raises(BackupRefused, match="overwrites nothing"):
        make_backup(tmp_path / "x.backup", runtime=installation)
    assert (tmp_path / "x.backup").read_text() == "mine"
    bare = installation.settings.model_copy(update={"backup_passphrase": "short"})
    with pytest.raises(BackupRefused, match="DECILE_BACKUP_PASSPHRASE"):
        restore_backup(tmp_path / "x.backup", settings=bare, clock=CLOCK)


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
@pytest.mark.parametrize("spoilt", ["a byte", "cut short", "another passphrase", "no backup"])
def test_a_spoilt_backup_touches_nothing(installation, elsewhere, tmp_path, spoilt):
    path = tmp_path / "x.backup"
    make_backup(path, runtime=installation)
    data = bytearray(path.read_bytes())
    if spoilt == "a byte":
        data[len(data) // 2] ^= 1
    elif spoilt == "cut short":
        del data[-1:]
    elif spoilt == "another passphrase":
        elsewhere = elsewhere.model_copy(update={"backup_passphrase": "quite another one of the tests"})
    else:
        data = bytearray(b"PK" + bytes(data))
    path.write_bytes(data)
    with pytest.raises(BackupUnreadable):
        restore_backup(path, settings=elsewhere, clock=CLOCK)
    assert not elsewhere.data.exists()


def test_case_087_a_restore_refuses_over_a_running_system(installation, elsewhere, tmp_path):
    make_backup(tmp_path / "x.backup", runtime=installation)
    with running.marked_as_running(elsewhere.data), pytest.raises(SystemRunning):
        restore_backup(tmp_path / "x.backup", settings=elsewhere, clock=CLOCK)
    assert names_below(elsewhere.data) == set()
    if not installation.database.is_sqlite:
        other = Database(elsewhere.resolved_database_url)
        with other.reading() as session:
            session.connection()
            with pytest.raises(RestoreRefused, match="connections"):
                restore_backup(tmp_path / "x.backup", settings=elsewhere, clock=CLOCK)
        other.dispose()
    assert names_below(elsewhere.data) == set()


def test_a_restore_overwrites_nothing(installation, elsewhere, tmp_path):
    make_backup(tmp_path / "x.backup", runtime=installation)
    person = add_person(installation)
    with pytest.raises(RestoreRefused, match="already"):
        restore_backup(tmp_path / "x.backup", settings=installation.settings, clock=CLOCK)
    if not installation.database.is_sqlite:  # the same database, from a machine without files
        installation.database.dispose()
        settings = elsewhere.model_copy(update={"database_url": installation.settings.database_url})
        with pytest.raises(RestoreRefused, match="not empty"):
            restore_backup(tmp_path / "x.backup", settings=settings, clock=CLOCK)
        assert names_below(elsewhere.data) == set()
    assert person in people(installation.database)[0]


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
@pytest.mark.parametrize("beside", ["-wal", "-shm", "-journal"])
def test_a_restore_refuses_beside_what_another_database_left_over(installation, elsewhere, tmp_path, beside):
    make_backup(tmp_path / "x.backup", runtime=installation)
    elsewhere.data.mkdir()
    for name in (f"decile.sqlite3{beside}", "secret_keys.json"):
        (elsewhere.data / name).write_text("of another")
    with pytest.raises(
        RestoreRefused, match=rf"secret_keys\.json, .*decile\.sqlite3{beside}; .*all of {elsewhere.data}"
    ):
        restore_backup(tmp_path / "x.backup", settings=elsewhere, clock=CLOCK)
    assert names_below(elsewhere.data) == {f"decile.sqlite3{beside}", "secret_keys.json"}


@pytest.mark.parametrize("where", ["_bring_up_to_date", "_moved_into_place"])
def test_a_restore_that_fails_leaves_nothing_and_can_be_repeated(installation, elsewhere, tmp_path, where, monkeypatch):
    person = add_person(installation)
    make_backup(tmp_path / "x.backup", runtime=installation)
    real = getattr(restoring, where)

    def fails(*arguments, **_options):
        if where == "_moved_into_place":
            return _entered_then_failed(real(*arguments))
        raise OSError("no space left on device")

    monkeypatch.setattr(restoring, where, fails)
    with pytest.raises(OSError, match="no space"):
        restore_backup(tmp_path / "x.backup", settings=elsewhere, clock=CLOCK)
    assert names_below(elsewhere.data) == set()

    monkeypatch.setattr(restoring, where, real)
    assert person in people(restored(tmp_path / "x.backup", elsewhere))[0]


@contextmanager
def _entered_then_failed(moved) -> Iterator[None]:
    with moved:
        raise OSError("no space left on device")
    yield


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_nothing_starts_over_a_restore_that_was_cut_off(installation):
    (installation.settings.data / running.UNFINISHED_RESTORE).mkdir()
    with pytest.raises(RestoreUnfinished), running.marked_as_running(installation.settings.data):
        pass


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_a_backup_of_another_release_is_refused(installation, elsewhere, tmp_path, monkeypatch):
    make_backup(tmp_path / "x.backup", runtime=installation)
    assert read_manifest(tmp_path / "x.backup", PASSPHRASE).rows["person"] == 0
    monkeypatch.setattr(restoring.schema, "head", lambda: "another")
    with pytest.raises(RestoreRefused, match="release"):
        restore_backup(tmp_path / "x.backup", settings=elsewhere, clock=CLOCK)


def test_edge_089_what_was_revoked_after_the_backup_is_revoked_again_before_anything_opens(
    installation, elsewhere, tmp_path
):
    with installation.transaction() as session:
        desk = Desk(session, FrozenClock(), CountingEntropy(), CollectedJobs())
        kept, taken = desk.issued().id, desk.issued().id
    make_backup(tmp_path / "x.backup", runtime=installation)
    signed = _revoke_and_publish(installation, taken)

    with pytest.raises(StatusListInvalid):
        restore_backup(tmp_path / "x.backup", settings=_at_test_origin(elsewhere), clock=CLOCK, signed_lists=["{}"])
    database = restored(tmp_path / "x.backup", _at_test_origin(elsewhere), signed_lists=[signed])

    with database.reading() as session:
        views = {view.id: view for view in queries.credentials(session=session, limit=10)}
        assert (views[kept].revoked_at, views[taken].revoked_at is not None) == (None, True)
        assert [job.name for job in list_jobs(DurableJobs(database).client)] == ["publish_status_list"]
    database.dispose()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_edge_089_after_a_restore_the_log_goes_on_from_what_was_published(installation, elsewhere, tmp_path):
    taken, log_copy = _issued_logged_and_backed_up(installation, tmp_path)
    signed = _revoke_and_publish(installation, taken)
    published = _sign_log(installation, tmp_path / "head.json")
    with installation.reading() as session:
        write_copy(log_copy, session=session)

    options = {"log_copy": log_copy, "signed_lists": [signed]}
    restored_one = restore_backup(tmp_path / "x.backup", settings=_at_test_origin(elsewhere), clock=CLOCK, **options)

    assert (restored_one.adopted, restored_one.reapplied.revoked) == (Adopted(entries=1, revocations=1), 1)
    there = replace(installation, database=Database(elsewhere.resolved_database_url))
    with there.reading() as session:
        assert log.verify(session=session).size == published
        assert log.holds(published, LogHead(tmp_path / "head.json").read()[1], session=session)
    assert _sign_log(there, tmp_path / "head.json") == published + 1  # the revocation that was made again
    with there.reading() as session:
        log.verify(session=session)
    there.database.dispose()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_the_hourly_copy_holds_all_that_a_restore_needs(installation, elsewhere, tmp_path, monkeypatch):
    taken, copy = _issued_logged_and_backed_up(installation, tmp_path)
    later = _issue_one(installation)
    for credential_id in (taken, later):
        signed = _revoke_and_publish(installation, credential_id)
    _sign_log(installation, tmp_path / "head.json")
    done = CliRunner().invoke(main.get_command(Context(main), "log"), ["copy", str(copy)], obj=installation)
    assert (done.exit_code, done.output.endswith(f"and the status lists (1) to {copy}.\n")) == (0, True), done.output

    settings = _at_test_origin(elsewhere)
    for name in ("data", "base_url", "backup_passphrase"):
        monkeypatch.setenv(f"DECILE_{name.upper()}", str(getattr(settings, name)))
    (tmp_path / "kept").write_text(signed, encoding="utf-8")
    words = ["restore", str(tmp_path / "x.backup"), "--log", str(copy), "--status-list", str(tmp_path / "kept")]
    (tmp_path / "torn").write_text("{}", encoding="utf-8")
    done = CliRunner().invoke(main, [*words, "--status-list", str(tmp_path / "torn")])
    assert (done.exit_code, f"Refused: {tmp_path / 'torn'}: The status list" in done.output) == (1, True), done.output
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "Revoked again: 1." in done.output
    assert "1 revoked entries belong to credentials issued, or signed anew, after the backup" in done.output, (
        "told twice, counted once"
    )
    shutil.rmtree(elsewhere.data)
    done = CliRunner().invoke(main, words[:4])
    assert "Revoked again: 1." in done.output
    assert "No status list was given" not in done.output


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_lists_are_missed_only_where_no_log_tells_that_none_was_needed(installation, elsewhere, tmp_path, monkeypatch):
    _taken, log_copy = _issued_logged_and_backed_up(installation, tmp_path)
    with installation.reading() as session:
        write_copy(log_copy, session=session)
    settings = _at_test_origin(elsewhere)
    for name in ("data", "base_url", "backup_passphrase"):
        monkeypatch.setenv(f"DECILE_{name.upper()}", str(getattr(settings, name)))
    for more, missed in ((["--log", str(log_copy)], False), ([], True)):
        done = CliRunner().invoke(main, ["restore", str(tmp_path / "x.backup"), *more])
        assert (done.exit_code, "No status list was given" in done.output) == (0, missed), done.output
        shutil.rmtree(elsewhere.data)


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_edge_089_lists_that_tell_of_fewer_revocations_than_the_log_are_refused(installation, elsewhere, tmp_path):
    taken, log_copy = _issued_logged_and_backed_up(installation, tmp_path)
    with installation.reading() as session:
        old_list = queries.status_list(1, session=session).signed_document
    _revoke_and_publish(installation, taken)
    _sign_log(installation, tmp_path / "head.json")
    with installation.reading() as session:
        write_copy(log_copy, session=session)

    settings = _at_test_origin(elsewhere)
    with pytest.raises(RestoreRefused, match="1 revocations after the backup, the status lists of 0"):
        restore_backup(
            tmp_path / "x.backup", settings=settings, clock=CLOCK, log_copy=log_copy, signed_lists=[old_list]
        )
    assert names_below(elsewhere.data) == set()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_a_revocation_that_was_reversed_after_the_backup_is_not_missed_in_the_lists(installation, elsewhere, tmp_path):
    taken, log_copy = _issued_logged_and_backed_up(installation, tmp_path)
    _revoke_and_publish(installation, taken)
    with installation.transaction() as session:
        tools = {"session": session, "clock": CLOCK, "jobs": CollectedJobs(), "actor": operator()}
        reverse_revocation(taken, **tools)
        publish_status_list(1, session=session, clock=CLOCK, signer=a_signer(), jwt_signer=None, base_url=BASE_URL)
        signed = queries.status_list(1, session=session).signed_document
    _sign_log(installation, tmp_path / "head.json")
    with installation.reading() as session:
        write_copy(log_copy, session=session)

    options = {"log_copy": log_copy, "signed_lists": [signed]}
    restored_one = restore_backup(tmp_path / "x.backup", settings=_at_test_origin(elsewhere), clock=CLOCK, **options)

    assert (restored_one.adopted, restored_one.reapplied.revoked) == (Adopted(entries=2, revocations=0), 0)


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
@pytest.mark.parametrize("spoilt", ["an entry", "a missing tile", "another key", "another story"])
def test_edge_089_a_copy_of_another_log_is_refused(installation, elsewhere, tmp_path, spoilt):
    taken, log_copy = _issued_logged_and_backed_up(installation, tmp_path)
    signer = a_signer()
    if spoilt == "another story":
        with installation.transaction() as session:
            row = session.scalars(select(LogEntry).where(LogEntry.number == 0)).one()
            row.entry = row.entry.replace('"v":1', '"v":2')
            row.leaf_hash = merkle.leaf_hash(row.entry.encode())
            session.execute(delete(LogCheckpoint))
        (tmp_path / "head.json").unlink()
    if spoilt == "another key":
        signer = Ed25519Signer("did:web:another#log", Ed25519PrivateKey.generate())
    _revoke_and_publish(installation, taken)
    _sign_log(installation, tmp_path / "head.json", signer=signer)
    with installation.reading() as session:
        write_copy(log_copy, session=session)
    (tile,) = (log_copy / "log/tile/entries").iterdir()
    (file,) = tile.iterdir()
    if spoilt == "an entry":
        file.write_bytes(file.read_bytes().replace(b'"revoke"', b'"revOke"'))
    if spoilt == "a missing tile":
        file.unlink()
    with pytest.raises(LogBroken if spoilt == "another story" else CopyUnreadable):
        restore_backup(tmp_path / "x.backup", settings=_at_test_origin(elsewhere), clock=CLOCK, log_copy=log_copy)
    assert names_below(elsewhere.data) == set()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_signatures_withdrawn_before_the_backup_are_not_taken_for_later_certificates(installation, elsewhere, tmp_path):
    with installation.transaction() as session:
        desk = Desk(session, FrozenClock(), CountingEntropy(), CollectedJobs())
        kept, taken = desk.issued().id, desk.issued().id
        free = 99
        session.add(
            WithdrawnSignature(
                status_list=1,
                status_index=free,
                credential_id=kept,
                key_id=desk.signer.key_id,
                withdrawn_at=CLOCK.now(),
            )
        )
    make_backup(tmp_path / "x.backup", runtime=installation)
    signed = _revoke_and_publish(installation, taken)
    settings = _at_test_origin(elsewhere)
    came = restore_backup(tmp_path / "x.backup", settings=settings, clock=CLOCK, signed_lists=[signed])
    assert came.reapplied == Reapplied(revoked=1, unknown=0)


def _issued_logged_and_backed_up(installation: Runtime, tmp_path: Path) -> tuple[UUID, Path]:
    """Two credentials in a signed log, and a backup; the id of one, and where a copy of the log will be."""
    with installation.transaction() as session:
        desk = Desk(session, FrozenClock(), CountingEntropy(), CollectedJobs())
        _, taken = desk.issued().id, desk.issued().id
    _sign_log(installation, tmp_path / "head.json")
    make_backup(tmp_path / "x.backup", runtime=installation)
    return taken, tmp_path / "copy"


def _issue_one(runtime: Runtime) -> UUID:
    with runtime.transaction() as session:
        return Desk(session, FrozenClock(), CountingEntropy(start=10**6), CollectedJobs()).issued().id


def _sign_log(runtime: Runtime, head: Path, signer: Signer | None = None) -> int:
    """What the worker does every minute; the size that was signed."""
    with runtime.transaction() as session:
        number_entries(session=session)
    with runtime.transaction() as session:
        sign_checkpoint("t/log", session=session, clock=CLOCK, signer=signer or a_signer(), head=LogHead(head))
    with runtime.reading() as session:
        return log.checkpoint(session=session).size


def _at_test_origin(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": BASE_URL})


def _revoke_and_publish(runtime: Runtime, credential_id: UUID) -> str:
    jobs = CollectedJobs()
    with runtime.transaction() as session:
        revoke_credential(
            credential_id, RevocationReason.MISCONDUCT, session=session, clock=CLOCK, jobs=jobs, actor=operator()
        )
        publish_status_list(1, session=session, clock=CLOCK, signer=a_signer(), jwt_signer=None, base_url=BASE_URL)
    with runtime.reading() as session:
        return queries.status_list(1, session=session).signed_document


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_everybody_signs_in_anew_after_a_restore(installation, elsewhere, tmp_path):
    person, now = add_person(installation), CLOCK.now()
    with installation.transaction() as session:
        session.add(
            BrowserSession(
                id=CountingEntropy().uuid(), person_id=person, token_hash="h", device="x", opened_at=now, used_at=now,
                idle_until_at=now + timedelta(days=1), expires_at=now + timedelta(days=1),
            )
        )  # fmt: skip
    make_backup(tmp_path / "x.backup", runtime=installation)
    database = restored(tmp_path / "x.backup", elsewhere)
    with database.reading() as session:
        assert session.scalars(select(BrowserSession.id)).all() == []
    database.dispose()
