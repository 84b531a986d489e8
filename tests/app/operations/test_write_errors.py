"""Each write, sync and renaming in turn fails with EIO: keys, log head and copies of the log are as before, or whole.

In a process of its own that stands on a disk of ours (tests/disk); the database's own writes are in
tests/app/foundation/test_power_cut.py, and all of Decile in tests/journeys/test_write_errors.py.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import worker
from app.credentials.did import ED25519
from app.credentials.keys import FileKeyStore
from app.foundation.db import Database
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.transparency import merkle, queries
from app.transparency.head import LOG_HEAD, LogHead
from app.transparency.log_event import log_event
from app.transparency.models import LogCheckpoint, LogEntry
from app.transparency.published_copy import read_copy, write_copy
from tests.disk.remains import Mercy, Remains
from tests.disk.shim import Disk, Operation, Strike
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.journeys.at_a_standstill import SMALL_SCRYPT_N, with_signer

DID, PASSPHRASE = "did:web:decile.example", "a passphrase for tests"
NOW = FrozenClock().now()
NUMBERED = select(LogEntry.leaf_hash).where(LogEntry.number.is_not(None)).order_by(LogEntry.number)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    place = tmp_path_factory.mktemp("failing")
    (place / "disk").mkdir()
    return Disk(place / "disk", place)


@pytest.fixture(scope="module")
def on_it(disk: Disk):
    with disk.process() as process:
        yield process


def keys_made(disk: Disk) -> tuple[dict[str, bool], list[tuple[int, str]]]:
    """For every fault whether a key was made in spite of it; and when each was there, by the disk's record."""
    store, seen = FileKeyStore(disk.root / "keys", scrypt_n=SMALL_SCRYPT_N), {}

    def make(strike: Strike) -> str | None:
        try:
            return store.made_for(str(strike), DID, PASSPHRASE, at=NOW, algorithm=ED25519).key_id
        except OSError:
            return None

    first = store.init(DID, PASSPHRASE, at=NOW).key_id
    known = [(disk.now(), first)]
    with disk.fault() as fault:
        for strike in fault.each("/keys"):
            with strike:
                made = make(strike)
            again = make(strike)
            seen[str(strike)] = made is not None
            assert made in (None, again)
            known.append((disk.now(), again))
            assert all(store.open_id(key_id, PASSPHRASE) for _, key_id in known)
            assert len([file for file in store.directory.iterdir() if file.suffix == ".json"]) == len(known)
    return seen, known


def checkpoints_signed(disk: Disk, tables: Path) -> dict[str, bool]:
    """For every fault whether an entry was signed in spite of it; log, head and copy fit together after each."""
    (disk.root / "of-log").mkdir()
    house, seen = a_house(disk.root / "of-log", tables), {}
    with disk.fault() as fault:
        for strike in fault.each(""):
            with house.transaction() as session:
                log_event("issue", str(strike), {"by": str(strike)}, at=NOW, session=session)
            with strike:
                seen[str(strike)] = signed(house)
            require_whole(house)
            assert not seen[str(strike)] or signed_size(house) == entries(house)
            assert signed(house)
            require_whole(house)
    house.database.dispose()
    return seen


def a_house(root: Path, tables: Path) -> Runtime:
    """The worker's runtime over a database of this disk."""
    shutil.copy(tables, root / "log.sqlite3")
    settings = Settings(data=root, secret_keys=("k" * 40,), base_url="http://localhost")
    return with_signer(
        Runtime(
            settings=settings,
            database=Database(f"sqlite:///{root / 'log.sqlite3'}"),
            clock=FrozenClock(),
            entropy=CountingEntropy(),
            jobs=CollectedJobs(),
            links=Links(settings.secret_keys),
            mailer=SpoolMailer(root / "mail", sender=settings.mail_sender, clock=FrozenClock()),
        ),
        root,
    )


def signed(house: Runtime) -> bool:
    """Whether the job of every minute went through."""
    try:
        worker.JOBS["sign_checkpoint"](house)
    except (OSError, OperationalError):
        return False
    return True


def require_whole(house: Runtime) -> None:
    """Hashes, tree and signature fit together; the head is of this log, at what was signed or further on."""
    size, root = LogHead(house.settings.key_directory / LOG_HEAD).read()
    with house.reading() as session:
        found = queries.verify(session=session) if signed_size(house) else None
        hashes = session.scalars(NUMBERED).all()
    assert (found.size if found else 0) <= size <= len(hashes)
    assert size == 0 or merkle.root(hashes[:size]) == root


def signed_size(house: Runtime) -> int:
    with house.reading() as session:
        return session.scalar(select(func.max(LogCheckpoint.size))) or 0


def entries(house: Runtime) -> int:
    with house.reading() as session:
        return session.scalar(select(func.count()).select_from(LogEntry))


def copies_written(disk: Disk, tables: Path) -> tuple[dict[str, bool], list[tuple[int, int]], tuple[str, ...]]:
    """For every fault whether a copy was written in spite of it; the one before is readable until the new one is.

    And when each was there, by the disk's record, with how many entries; and the keys that signed them.
    """
    (disk.root / "of-copies").mkdir()
    house, copy, seen, written = a_house(disk.root / "of-copies", tables), disk.root / "copy", {}, []
    with disk.fault() as fault:
        for strike in fault.each("/copy/"):
            before = signed_size(house)
            with house.transaction() as session:
                log_event("issue", str(strike), {"by": str(strike)}, at=NOW, session=session)
            assert signed(house)
            with house.reading() as session:
                keys = queries.verifier_keys(session=session)
                with strike:
                    seen[str(strike)] = copied(copy, session)
                now = signed_size(house)
                if before:
                    assert read_copy(copy, keys).checkpoint.size in ((now,) if seen[str(strike)] else (before, now))
                assert copied(copy, session)
                assert read_copy(copy, keys).checkpoint.size == now
                written.append((disk.now(), now))
    house.database.dispose()
    return seen, written, tuple(keys)


def copied(folder: Path, session: Session) -> bool:
    """Whether the log was written there."""
    try:
        write_copy(folder, session=session)
    except OSError:
        return False
    return True


def require_struck(seen: dict[str, bool]) -> None:
    """Faults of each kind fell, most were refused, and the last of each kind met nothing and went through."""
    print(seen)
    for what in Operation:
        of_kind = [kept for name, kept in seen.items() if name.startswith(what.name)]
        assert of_kind[-1]
    assert list(seen.values()).count(False) >= len(Operation) - 1


def test_a_key_whose_writing_fails_is_not_made_and_spoils_no_other(disk, on_it, tmp_path):
    """And a power cut just after it was made leaves it there: its public half may be published by then."""
    seen, known = on_it(keys_made, disk)
    require_struck(seen)
    (tmp_path / "empty").mkdir()
    remains, chance = Remains(tmp_path / "empty", disk.root, disk.log), random.Random(0)
    for number, (at, key_id) in enumerate(known):
        remains.go_on_to(at)
        remains.lay_out(tmp_path / str(number), Mercy.NONE, chance)
        left = FileKeyStore(tmp_path / str(number) / "keys", scrypt_n=SMALL_SCRYPT_N)
        assert left.open_id(key_id, PASSPHRASE) is not None


def test_no_write_error_makes_the_worker_sign_what_is_not_the_log(disk, on_it, sqlite_file_with_tables):
    require_struck(on_it(checkpoints_signed, disk, sqlite_file_with_tables))


def test_a_copy_of_the_log_stays_readable_whatever_write_of_the_next_fails(
    disk, on_it, sqlite_file_with_tables, tmp_path
):
    """And a power cut just after it was written leaves it, whole."""
    seen, written, keys = on_it(copies_written, disk, sqlite_file_with_tables)
    require_struck(seen)
    (tmp_path / "empty").mkdir()
    remains, chance = Remains(tmp_path / "empty", disk.root, disk.log), random.Random(0)
    for number, (at, size) in enumerate(written):
        remains.go_on_to(at)
        remains.lay_out(tmp_path / str(number), Mercy.NONE, chance)
        assert read_copy(tmp_path / str(number) / "copy", keys).checkpoint.size == size
