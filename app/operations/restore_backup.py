"""Use case: put a backup in the place of nothing, all of it or none, before anything runs over it.

The whole file is read and proven first. Files then wait in a directory that keeps web and worker from starting, are
moved into place, and the database comes last: only with it is there anything to start.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.accounts.end_all_sign_ins import end_all_sign_ins
from app.credentials import key_files
from app.credentials import queries as credentials
from app.credentials.adopt_keys import AdoptedKeys, adopt_keys
from app.credentials.copied_keys import CopiedKey, read_keys
from app.credentials.copied_lists import read_lists
from app.credentials.reapply_revocations import Reapplied, reapply_revocations
from app.foundation import audit, running, schema
from app.foundation.access import operator
from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.entropy import SystemEntropy
from app.foundation.jobs import DurableJobs
from app.foundation.running import UNFINISHED_RESTORE
from app.foundation.settings import Settings
from app.foundation.whole_files import sync_directory
from app.operations import archive, postgres_snapshot, sqlite_snapshot
from app.operations.archive import DATABASE, KEYS, SECRET_KEYS, Manifest
from app.operations.errors import RestoreRefused
from app.operations.make_backup import passphrase_of
from app.transparency import queries as log
from app.transparency.adopt_published import Adopted, adopt_published
from app.transparency.published_copy import read_copy


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, how many lists there were, what was revoked again, and what the log tells, of keys too."""

    manifest: Manifest
    lists: int
    reapplied: Reapplied
    adopted: Adopted
    keys: AdoptedKeys
    keyless: tuple[str, ...]  # algorithms of which no key is in use any more


@dataclass(frozen=True, slots=True)
class Later:
    """What is known of the time after the backup: what hour it is, which lists, log and keys were published."""

    clock: Clock
    signed_lists: tuple[str, ...]
    log_copy: Path | None
    keys: tuple[CopiedKey, ...]


def restore_backup(
    path: Path, *, settings: Settings, clock: Clock, signed_lists: Sequence[str] = (), log_copy: Path | None = None
) -> Restored:
    """Restore into an empty data directory and an empty database; lists that lie beside the log's copy count too.

    Raises
    ------
    BackupUnreadable
        The file, or the passphrase, is not the right one. Nothing was touched.
    RestoreRefused
        Something is there already, the backup does not fit this release or database, or the log tells of more
        revocations than the lists do.
    CopyUnreadable, LogBroken, CopiedKeysUnreadable
        The copy of the log is not one of this log, or what lies beside it is torn.
    ListOfUnknownKey
        A list is signed by a key of which neither the backup nor the log tells.
    SystemRunning
        A web or worker process is at work.
    """
    passphrase = passphrase_of(settings)
    copied = read_lists(log_copy) if log_copy else ()
    later = Later(clock, (*signed_lists, *copied), log_copy, read_keys(log_copy) if log_copy else ())
    _require_fit(archive.read_manifest(path, passphrase), settings)
    with running.nothing_running(settings.data):
        _require_nothing_there(settings)
        with _staged(settings.data) as stage:
            manifest = archive.extract(path, passphrase, into=stage)
            _require_fit(manifest, settings)
            restore = _restore_sqlite if manifest.engine == "sqlite" else _restore_postgres
            return restore(stage, manifest, settings, later)


def _require_fit(manifest: Manifest, settings: Settings) -> None:
    engine = "sqlite" if Database(settings.resolved_database_url).is_sqlite else "postgresql"
    if manifest.engine != engine:
        raise RestoreRefused(f"This is a backup of {manifest.engine}, and DATABASE_URL names {engine}.")
    if manifest.schema_head != schema.head():
        raise RestoreRefused(
            f"The backup has schema {manifest.schema_head}, this release {schema.head()}. Restore with the release "
            "that made it, then upgrade."
        )


def _require_nothing_there(settings: Settings) -> None:
    running.require_whole(settings.data)
    places = [settings.data / SECRET_KEYS, settings.key_directory]
    if Database(settings.resolved_database_url).is_sqlite:
        places += sqlite_snapshot.files_of(settings.resolved_database_url)
    there = [str(place) for place in places if place.exists()]
    if there:
        raise RestoreRefused(
            f"There is already {', '.join(there)}; a restore overwrites nothing. Move all of {settings.data} away and "
            "restore into an empty directory."
        )


@contextmanager
def _staged(data: Path) -> Iterator[Path]:
    stage = data / UNFINISHED_RESTORE
    stage.mkdir(mode=0o700)
    try:
        yield stage
    finally:
        shutil.rmtree(stage)


def _restore_sqlite(stage: Path, manifest: Manifest, settings: Settings, later: Later) -> Restored:
    copy = stage / DATABASE / sqlite_snapshot.COPY
    sqlite_snapshot.check(copy, manifest.rows)
    database = Database(f"sqlite:///{copy}")
    try:
        with database.transaction() as session:
            restored = _bring_up_to_date(session, database, manifest, settings, later, private_keys=stage / KEYS)
    finally:
        database.dispose()  # the last connection writes the log into the file and removes it
    if copy.with_name(copy.name + "-wal").exists():
        raise RestoreRefused("The restored database could not be closed. Nothing was changed; try again.")
    target = sqlite_snapshot.database_file(settings.resolved_database_url)
    part = target.with_name(f".{target.name}.part")
    shutil.move(copy, part)  # perhaps to another file system: whole under another name first
    try:
        with _moved_into_place(stage, settings):
            target.hardlink_to(part)  # unlike a rename, it never replaces what came to be there meanwhile
    finally:
        part.unlink()
    sync_directory(target.parent)
    return restored


def _restore_postgres(stage: Path, manifest: Manifest, settings: Settings, later: Later) -> Restored:
    database = Database(settings.resolved_database_url)
    try:
        with database.reading() as session:
            connection = session.connection()
            postgres_snapshot.require_alone(connection)
            if not postgres_snapshot.is_empty(connection):
                raise RestoreRefused("The database is not empty; a restore overwrites nothing. Give it an empty one.")
        schema.upgrade(database)
        with ExitStack() as moved, database.transaction() as session:
            postgres_snapshot.load(session.connection(), stage / DATABASE, manifest.rows)
            restored = _bring_up_to_date(session, database, manifest, settings, later, private_keys=stage / KEYS)
            session.flush()
            moved.enter_context(_moved_into_place(stage, settings))
        return restored
    finally:
        database.dispose()


def _bring_up_to_date(
    session: Session,
    database: Database,
    manifest: Manifest,
    settings: Settings,
    later: Later,
    *,
    private_keys: Path,
) -> Restored:
    """What must be true before anybody is let in again: revoked stays revoked, and signed out stays signed out.

    The keys come before the lists: a newer one may have signed them, and one that was given up proves nothing.
    """
    jobs = DurableJobs(database)
    adopted = _adopted(later, session)
    held = None if settings.has_keys_in_a_device else key_files.ids(private_keys)
    keys = adopt_keys(adopted.keys, later.keys, held, session=session, clock=later.clock, jobs=jobs, actor=operator())
    key_files.remove_spent(private_keys, session=session)
    reapplied = reapply_revocations(
        later.signed_lists,
        base_url=settings.base_url,
        session=session,
        clock=later.clock,
        entropy=SystemEntropy(),
        jobs=jobs,
        actor=operator(),
    )
    _require_as_many_as_the_log_tells(adopted, reapplied)
    end_all_sign_ins(session=session)
    detail = {
        "made_at": manifest.made_at,
        "revoked_again": reapplied.revoked,
        "log": adopted.entries,
        "keys_retired": list(keys.retired),
        "keys_compromised": list(keys.compromised),
    }
    audit.record(
        "backup.restored", manifest.made_at, actor=operator(), at=later.clock.now(), session=session, detail=detail
    )
    keyless = credentials.algorithms_without_key(session=session)
    return Restored(manifest, len(later.signed_lists), reapplied, adopted, keys, keyless)


def _adopted(later: Later, session: Session) -> Adopted:
    if later.log_copy is None:
        return Adopted(0, 0)
    copy = read_copy(later.log_copy, log.verifier_keys(session=session))
    return adopt_published(copy, session=session, clock=later.clock)


def _require_as_many_as_the_log_tells(adopted: Adopted, reapplied: Reapplied) -> None:
    """The log tells how many were revoked and hides which; the lists tell which. An old list is noticed here."""
    listed = reapplied.revoked + reapplied.unknown + reapplied.waiting
    if adopted.revocations > listed:
        raise RestoreRefused(
            f"The log tells of {adopted.revocations} revocations after the backup, the status lists of {listed}. "
            "Fetch newer copies of the lists, every one of them."
        )


@contextmanager
def _moved_into_place(stage: Path, settings: Settings) -> Iterator[None]:
    """Keys in place for what follows; back out again if that fails."""
    moved: list[tuple[Path, Path]] = []
    try:
        for name in (KEYS, SECRET_KEYS):
            if (stage / name).exists():
                (stage / name).rename(settings.data / name)
                moved.append((settings.data / name, stage / name))
        yield
    except BaseException:
        for place, back in moved:
            place.rename(back)
        raise
