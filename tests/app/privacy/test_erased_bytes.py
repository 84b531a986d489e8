"""Deleted rows are not yet gone bytes: after an erasure every file of the data directory is read for the person."""

from __future__ import annotations

import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.foundation import db, running
from app.foundation.database_commands import compact_command
from app.worker import JOBS
from tests.app.api.world import OTHER, World
from tests.app.privacy.test_erase_person import ask
from tests.app.privacy.traces import EMAIL, NAME, SHOWN_NAME, SHOWN_TO, WORDS, strings_of

PREPARE = db._prepare_sqlite


def words_of(world: World) -> set[bytes]:
    """Everything unique to the person but random ids, which the record of acts keeps.

    Of documents that are longer than a page of the file, the value of their proof.
    """
    words = {word for word in strings_of(world) if not re.fullmatch(r"[0-9a-f-]{32,36}", word)}
    proofs = {found.group() for word in words if (found := re.search(r'(?<="proofValue":").+?(?=")', word))}
    return {word.encode() for word in words | proofs if len(word) < 200}


def files_with(words: set[bytes], directory: Path) -> dict[str, set[bytes]]:
    """In which files, and which of them."""
    found = {}
    for file in directory.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        if there := {word for word in words if word in content}:
            found[file.name] = there
    return found


def erase_by_job(world: World) -> None:
    JOBS["erase_person"](world.runtime, request_id=str(ask(world)))


@pytest.fixture
def _as_other_builds_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's SQLite overwrites what is deleted unasked, the one that comes with Python from elsewhere does not."""
    monkeypatch.setattr(db, "_prepare_sqlite", lambda wait_ms, *_: PREPARE(wait_ms, "secure_delete=OFF"))


def test_case_057_no_byte_of_a_word_of_the_person_stays_in_any_file(world: World):
    words = words_of(world)
    before = files_with(words, world.directory)
    found = set.union(*before.values())
    assert {one.encode() for one in (EMAIL, NAME, SHOWN_NAME, SHOWN_TO, WORDS, world.facts.code)} < found
    assert len(found) >= 14, "the search finds what is there; tokens are nowhere but as hashes"
    assert "world.sqlite3-wal" in before
    erase_by_job(world)
    assert files_with(words, world.directory) == {}


@pytest.mark.usefixtures("_as_other_builds_delete")
def test_planted_without_overwriting_the_file_tells(world: World):
    words = words_of(world)
    world.runtime.database.dispose()
    erase_by_job(world)
    assert files_with(words, world.directory).keys() == {"world.sqlite3"}


def test_planted_without_emptying_the_log_tells(world: World, monkeypatch: pytest.MonkeyPatch):
    words = words_of(world)
    monkeypatch.setattr(db.Database, "empty_log", lambda _: True)
    erase_by_job(world)
    assert "world.sqlite3-wal" in files_with(words, world.directory)


def test_while_somebody_reads_the_erasure_stands_and_the_night_empties_the_log(world: World, monkeypatch):
    words = words_of(world)
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 50)
    with closing(sqlite3.connect(world.directory / "world.sqlite3")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM person").fetchone()
        erase_by_job(world)
        assert "world.sqlite3-wal" in files_with(words, world.directory)
        reader.execute("ROLLBACK")
    JOBS["apply_retention"](world.runtime)
    assert files_with(words, world.directory) == {}


def test_while_a_long_reader_keeps_the_log_nobody_waits_to_write(world: World, monkeypatch):
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 1000)
    here, longest, done = world.runtime, 0.0, Event()
    with closing(sqlite3.connect(world.directory / "world.sqlite3")) as reader, ThreadPoolExecutor(1) as pool:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM person").fetchone()
        kept = pool.submit(here.database.empty_log)
        kept.add_done_callback(lambda _: done.set())
        while not done.is_set():
            began = time.monotonic()
            with here.transaction() as session:
                session.execute(text("UPDATE person SET language = language"))
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
        assert kept.result() is False
    assert longest < 0.5, "a writer waited for a log that a reader kept"


def test_other_writers_go_on_after_the_log_was_emptied(world: World):
    assert world.runtime.database.empty_log()
    assert (world.directory / "world.sqlite3-wal").stat().st_size == 0
    ask(world, role=OTHER)
    assert (world.directory / "world.sqlite3-wal").stat().st_size > 0


def test_a_file_from_before_is_rewritten_without_what_was_deleted_and_not_while_anybody_runs(world: World, monkeypatch):
    words, here = words_of(world), world.runtime
    with monkeypatch.context() as former:
        former.setattr(db, "_prepare_sqlite", lambda wait_ms, *_: PREPARE(wait_ms, "secure_delete=OFF"))
        then = replace(here, database=db.Database(here.database.url))
        erase_by_job(replace(world, runtime=then))
    then.database.dispose()
    with running.marked_as_running(world.directory):
        refused = CliRunner().invoke(compact_command, obj=here)
    assert isinstance(refused.exception, running.SystemRunning)
    assert files_with(words, world.directory)
    done = CliRunner().invoke(compact_command, obj=here)
    assert done.exit_code == 0, done.output
    assert files_with(words, world.directory) == {}


@pytest.mark.long
def test_how_much_stays_where_pages_were_split(tmp_path: Path):
    """What a page held before it was split stands in its unused part until it is used, or the file rewritten."""
    database = db.Database(f"sqlite:///{tmp_path / 'd.sqlite3'}")
    random, people = Random(1), []
    with database.writing.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE p (id TEXT PRIMARY KEY, email TEXT UNIQUE, note TEXT)")
        for number in range(20_000):
            key, email = f"{random.getrandbits(128):032x}", f"person{random.getrandbits(60):x}@example.org"
            note = "x" * random.randint(0, 3000 if number % 10 == 0 else 80)
            connection.exec_driver_sql("INSERT INTO p VALUES (?, ?, ?)", (key, email, note))
            people.append((key, email))
        connection.commit()
        for key, _ in people[::2]:
            connection.exec_driver_sql("DELETE FROM p WHERE id = ?", (key,))
        connection.commit()
    assert database.empty_log()
    content = (tmp_path / "d.sqlite3").read_bytes()
    left = sum(email.encode() in content for _, email in people[::2])
    database.compact()
    content = (tmp_path / "d.sqlite3").read_bytes()
    print(f"{left} of 10,000 deleted addresses still stand in the file, 0 after it was rewritten")
    assert left < 100
    assert not any(email.encode() in content for _, email in people[::2])
    assert all(email.encode() in content for _, email in people[1::2])
