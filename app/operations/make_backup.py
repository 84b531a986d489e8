"""Use case: one encrypted file with everything that cannot be made again, taken while the system runs.

In it: the database with its jobs, the signing keys, encrypted as they lie, and the embedded default's secret keys.
Not in it: logs, spooled mail, settings, and the passphrase of this file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from app.credentials import key_files
from app.foundation import audit, schema
from app.foundation.access import operator
from app.foundation.errors import Conflict
from app.foundation.runtime import Runtime
from app.foundation.settings import SHORTEST_PASSPHRASE, Settings
from app.operations import archive, postgres_snapshot, sqlite_snapshot
from app.operations.archive import DATABASE, KEYS, SECRET_KEYS, Manifest
from app.operations.errors import BackupRefused

WORKPLACE = ".backup"


class BackupUnderWay(Conflict):
    """One at a time."""

    code = "backup-under-way"

    def __init__(self) -> None:
        super().__init__("Another backup of this data directory is under way. Wait for it to end.")


def make_backup(path: Path, *, runtime: Runtime) -> Manifest:
    """Write the backup to `path` and read it back; what was acknowledged before this began is in it.

    Raises
    ------
    BackupRefused
        If there is a file already, no passphrase, a database that is not at this release's schema, or a published key
        in use that does not lie here, or was retired meanwhile.
    """
    settings, database = runtime.settings, runtime.database
    passphrase = passphrase_of(settings)
    if path.exists():
        raise BackupRefused(f"There is a file {path} already; a backup overwrites nothing. Choose another name.")
    if not path.parent.is_dir():
        raise BackupRefused(f"There is no directory {path.parent}. Make it, readable by you alone.")
    schema.require_head(database)
    with runtime.reading() as session:
        _require_keys(settings, session)
        in_use = key_files.in_use(session=session)
    with _workplace(settings.data) as content:
        made_at = runtime.clock.now()
        (content / DATABASE).mkdir()
        if database.is_sqlite:
            rows = sqlite_snapshot.take(database.url, content / DATABASE)
        else:
            rows = postgres_snapshot.take(database, content / DATABASE)
        _copy_files(settings, content)
        _require_copied(in_use, settings, content / KEYS)
        engine = "sqlite" if database.is_sqlite else "postgresql"
        manifest = Manifest(made_at.isoformat(), engine, schema.head(), rows, archive.files_below(content))
        archive.write_archive(path, content, passphrase, manifest=manifest)
    with runtime.transaction() as session:
        audit.record("backup.made", path.name, actor=operator(), at=made_at, session=session)
    return manifest


def _require_keys(settings: Settings, session: Session) -> None:
    """A restored installation signs with what its backup holds."""
    absent = () if settings.has_keys_in_a_device else key_files.kept_elsewhere(settings.key_directory, session=session)
    if absent:
        raise BackupRefused(
            f"Published keys in use do not lie in {settings.key_directory}: {', '.join(absent)}. Run this where they "
            "do; every worker needs the one directory that holds them all. `decile keys rotate` retires what is lost."
        )


def _require_copied(in_use: Collection[str], settings: Settings, copied: Path) -> None:
    """A key that was retired between the database's copy and that of the files is in use there and lies nowhere."""
    absent = set(in_use) - key_files.ids(copied)
    if absent and not settings.has_keys_in_a_device:
        raise BackupRefused(
            f"Keys were changed while the backup was made: {', '.join(sorted(absent))} is in it no more. Nothing was "
            "written; make it again."
        )


def passphrase_of(settings: Settings) -> str:
    """What backups are sealed under.

    Raises
    ------
    BackupRefused
        If it is not set, or so short that it could be found by trying.
    """
    if len(settings.backup_passphrase) < SHORTEST_PASSPHRASE:
        raise BackupRefused(
            f"Set DECILE_BACKUP_PASSPHRASE to at least {SHORTEST_PASSPHRASE} characters, and keep it apart from the "
            "backups: without it they cannot be opened."
        )
    return settings.backup_passphrase


@contextmanager
def _workplace(data: Path) -> Iterator[Path]:
    """An empty directory that only we may read; what a killed backup left in it is gone."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data / f"{WORKPLACE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BackupUnderWay from None
    try:
        shutil.rmtree(data / WORKPLACE, ignore_errors=True)
        (data / WORKPLACE).mkdir(mode=0o700)
        yield data / WORKPLACE
    finally:
        shutil.rmtree(data / WORKPLACE, ignore_errors=True)
        os.close(descriptor)


def _copy_files(settings: Settings, content: Path) -> None:
    if settings.key_directory.is_dir():
        shutil.copytree(settings.key_directory, content / KEYS, ignore=shutil.ignore_patterns(".*"))
    if (settings.data / SECRET_KEYS).is_file():
        shutil.copy2(settings.data / SECRET_KEYS, content / SECRET_KEYS)
