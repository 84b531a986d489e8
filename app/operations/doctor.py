"""Is this installation well? Every check in turn; one that cannot be made fails and never hides the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.errors import DecileError
from app.foundation.mail import Mailer
from app.foundation.policies import PolicyInvalid
from app.foundation.settings import Settings, SettingsRefused, read_settings
from app.norming.calibration_errors import SchedulerSilent
from app.norming.cluster import seen_at
from app.operations import checks, sqlite_snapshot
from app.operations.checks import Check, State
from app.operations.record_checks import records

POLICY_REMEDY = "Correct POLICY_FILE; docs/policies.md says what it may hold. Until then web and worker do not start."
OURSELVES = ("localhost", "127.0.0.1", "::1")
BREAKS = (DecileError, OSError, ValueError, LookupError, TypeError)  # of files that are torn, or away
Looks = dict[tuple[str, ...], Callable[[], Iterable[Check]]]  # the names of the checks that a look comes to


@dataclass(frozen=True, slots=True)
class Instruments:
    """What only the composition may build: the mailer of some settings, and a trial opening of the signing keys."""

    mailer_for: Callable[[Settings, Clock], Mailer]
    open_keys: Callable[[Settings], tuple[str, ...]]  # raises a DecileError; empty where this host holds none
    require_policy_file: Callable[[Path], None]  # raises PolicyInvalid
    strange_policy_values: Callable[..., tuple[str, ...]]  # of the file or None, `session` and `at`; raises likewise


def examine(
    environment: Mapping[str, str],
    *,
    clock: Clock,
    instruments: Instruments,
    with_records: bool = False,
    only: Collection[str] = (),
) -> tuple[Check, ...]:
    """All checks that can be made under these settings, or `only` those; what reads whole tables if asked for."""
    try:
        settings = read_settings(environment)
    except SettingsRefused as refusal:
        remedy = "Correct the environment; docs/settings.md lists every name."
        found: Iterable[Check] = (Check("settings", State.FAIL, str(refusal).removeprefix("decile: "), remedy),)
    else:
        looks = _looks_outside(settings, clock, instruments)
        found = _made(looks, only)
        if not only or set(only) - set(chain(*looks)):
            found = chain(found, _in_the_database(settings, clock, instruments, with_records=with_records, only=only))
    return tuple(check for check in found if not only or check.name in only)


def _looks_outside(settings: Settings, clock: Clock, instruments: Instruments) -> Looks:
    return {
        ("settings",): lambda: _settings(settings, instruments),
        ("data directory",): lambda: checks.data_directory(settings),
        ("disk",): lambda: checks.disk(settings),
        ("write-ahead log",): lambda: checks.write_ahead_log(settings),
        ("signing keys",): lambda: _own_keys(settings, instruments),
        ("mail",): lambda: _mail(settings, clock, instruments),
        ("rate limits",): lambda: checks.rate_limits(settings),
        ("dask scheduler",): lambda: _scheduler(settings),
    }


def _made(looks: Looks, only: Collection[str]) -> Iterator[Check]:
    """A health check of one role must not wait for what another role needs, and no look hides the next."""
    for names, look in looks.items():
        if not only or not set(only).isdisjoint(names):
            yield from _looked(names[0], look)


def _looked(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except BREAKS as problem:
        remedy = "Mend what it names, or put it back from a backup; then run `decile doctor` again."
        yield Check(name, State.FAIL, f"could not be looked at ({type(problem).__name__}: {problem})", remedy)


def _settings(settings: Settings, instruments: Instruments) -> Iterator[Check]:
    try:
        if settings.policy_file is not None:
            instruments.require_policy_file(settings.policy_file)
    except PolicyInvalid as refusal:
        yield Check("settings", State.FAIL, str(refusal), POLICY_REMEDY)
    else:
        yield from checks.addresses(settings)


def _policies(settings: Settings, instruments: Instruments, session: Session, now: datetime) -> Iterator[Check]:
    """Each can be read as it holds, with the file that the next start will load."""
    try:
        strange = instruments.strange_policy_values(settings.policy_file, session=session, at=now)
    except PolicyInvalid as refusal:
        yield Check("policies in force", State.FAIL, str(refusal), POLICY_REMEDY)
        return
    if strange:
        saw = f"this release knows no {', '.join(strange)}: what is shipped holds instead"
        remedy = "Write the table of that policy into POLICY_FILE, with the names of docs/policies.md; then restart."
        yield Check("policies in force", State.WARN, saw, remedy)
    else:
        yield Check("policies in force", State.OK, "each can be read")


def _own_keys(settings: Settings, instruments: Instruments) -> Iterator[Check]:
    try:
        opened = instruments.open_keys(settings)
    except (DecileError, OSError) as problem:
        yield Check("signing keys", State.FAIL, str(problem), "Run this as the worker's user, with its settings.")
        return
    if opened:
        by = "the device" if settings.has_keys_in_a_device else "the passphrase"
        yield Check("signing keys", State.OK, f"{len(opened)} open with {by}")
    else:
        remedy = "As it should be where no worker runs; where one does, run `decile keys init` as its user."
        yield Check("signing keys", State.WARN, "none on this machine", remedy)


def _mail(settings: Settings, clock: Clock, instruments: Instruments) -> Iterator[Check]:
    spool = settings.spool_directory
    if spool is not None:
        place = next(path for path in (spool, *spool.absolute().parents) if path.exists())
        state = State.OK if place.is_dir() and os.access(place, os.W_OK) else State.FAIL
        remedy = (
            "" if state is State.OK else f"Make {place} a directory that we may write, or set DECILE_MAIL_URL=smtp://…"
        )
        yield Check("mail", state, f"spooled in {spool}", remedy)
        return
    try:
        instruments.mailer_for(settings, clock).reach()
    except DecileError as problem:
        remedy = "Check DECILE_MAIL_URL, DECILE_MAIL_SENDER and the mail server; see `decile runbook mail_down`."
        yield Check("mail", State.FAIL, str(problem), remedy)
    else:
        yield Check("mail", State.OK, "the mail server answers and takes our sender")


def _scheduler(settings: Settings) -> Iterator[Check]:
    """Where calibrations are shared out: whether anybody is there, who counts as we do, and who could listen."""
    address = settings.dask_scheduler
    if not address:
        yield Check("dask scheduler", State.OK, "none is set: the worker calibrates alone")
        return
    try:
        cluster = seen_at(address)
    except SchedulerSilent as silent:
        remedy = "Start `dask scheduler` and `dask worker` there, or take DECILE_DASK_SCHEDULER away."
        yield Check("dask scheduler", State.FAIL, str(silent), remedy)
        return
    saw = f"{len(cluster.alike)} of {len(cluster.workers)} workers count as we do"
    parts = urlsplit(address)
    if not cluster.alike or len(cluster.alike) < len(cluster.workers):
        remedy = "Run the same release on processors of the same kind; until then those others are not asked."
        yield Check("dask scheduler", State.WARN, saw, remedy)
    elif parts.scheme != "tls" and parts.hostname not in OURSELVES:
        remedy = "Whoever reaches it can run programs as our worker: use tls:// with certificates (docs/scaling.md)."
        yield Check("dask scheduler", State.WARN, f"{saw}, but {address} is neither sealed nor this machine", remedy)
    else:
        yield Check("dask scheduler", State.OK, saw)


def _in_the_database(
    settings: Settings, clock: Clock, instruments: Instruments, *, with_records: bool, only: Collection[str]
) -> Iterator[Check]:
    url = settings.resolved_database_url
    database = Database(url)
    if database.is_sqlite and not sqlite_snapshot.database_file(url).is_file():
        yield Check("database", State.FAIL, "there is none yet", "Run `decile db upgrade`, or restore a backup.")
        return
    try:
        with database.reading() as session:
            found = [*checks.migrations(session)]
            if found[0].state is State.OK:  # else its tables may not be those that are asked
                found += _made(_looks_inside(settings, clock.now(), session, instruments), only)
                found += _looked("records", lambda: records(session)) if with_records else ()
        yield Check("database", State.OK, "SQLite" if database.is_sqlite else "PostgreSQL")
        yield from found
    except SQLAlchemyError as problem:
        remedy = "Start the database server, or correct DECILE_DATABASE_URL."
        yield Check("database", State.FAIL, type(problem).__name__, remedy)
    finally:
        database.dispose()


def _looks_inside(settings: Settings, now: datetime, session: Session, instruments: Instruments) -> Looks:
    return {
        ("clock",): lambda: checks.clock(session, now),
        ("policies in force",): lambda: _policies(settings, instruments, session, now),
        ("worker", "job lag", "failed jobs"): lambda: checks.worker(session, now),
        ("last backup",): lambda: checks.backups(session, now),
        ("dates of law",): lambda: checks.law_dates(session, now),
        ("norms in use",): lambda: checks.norms_in_use(session, now),
        ("published keys",): lambda: checks.published_keys(session, settings),
        ("log head",): lambda: checks.log_head(session, settings),
    }
