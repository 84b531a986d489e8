"""What `decile doctor` looks at, one function a matter: what it saw and, where something is amiss, what to do.

Nothing is made or changed by looking: no secret, no directory, no database file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessment.editions_in_use import editions_out_of_order
from app.credentials import did, key_files
from app.credentials import queries as credentials
from app.foundation import audit, job_health, policies, schema
from app.foundation.audit import AuditEntry
from app.foundation.rate_storage import why_not_shared
from app.foundation.readiness import HEARTBEAT_SECONDS, OLDEST_JOB_SECONDS
from app.foundation.settings import Settings
from app.norming import queries as norms
from app.operations import sqlite_snapshot
from app.operations.law_policy import LawPolicy
from app.transparency import queries as log
from app.transparency.head import LOG_HEAD, LogHead

MIB = 1 << 20
LEAST_FREE_BYTES = 256 * MIB  # below this SQLite's log may not fit a busy hour
SPARE_FREE_BYTES = 1024 * MIB
LARGEST_LOG_BYTES = 64 * MIB  # of SQLite: more means that no checkpoint gets through
MOST_CLOCK_DIFFERENCE = timedelta(seconds=5)  # authenticator codes and links bear thirty
OLDEST_BACKUP = timedelta(hours=26)  # a nightly one, and two hours
BACKUPS_CEASED = timedelta(days=3)  # they were made, and nobody noticed that they are not
OTHERS_BITS = 0o077
LONGEST_UNSENT = timedelta(minutes=15)  # as long as a sign-in code holds: whoever waits longer waits in vain
MAKE_KEYS = "Run `decile keys init` as the worker's user, then start the worker, which publishes them."
START_WORKER = "Start the worker, which publishes the keys that were made."


class State(StrEnum):
    """How a matter stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One matter: how it stands, what was seen, and the remedy, empty where all is well."""

    name: str
    state: State
    saw: str
    remedy: str = ""


def addresses(settings: Settings) -> Iterator[Check]:
    """Settings that can be read and still cannot be meant."""
    local = "localhost" in settings.base_url or "127.0.0.1" in settings.base_url
    if not settings.is_https and not local:
        remedy = "Put a proxy that ends TLS in front and set DECILE_BASE_URL=https://…"
        yield Check("settings", State.FAIL, f"{settings.base_url} is public and has no TLS", remedy)
    elif settings.is_https and settings.trusted_proxies == 0:
        remedy = "Set DECILE_TRUSTED_PROXIES to the number of proxies, or all visitors share one rate limit."
        yield Check("settings", State.WARN, "TLS in front, but no proxy is trusted", remedy)
    else:
        yield Check("settings", State.OK, settings.base_url)


def data_directory(settings: Settings) -> Iterator[Check]:
    """Readable by its owner alone, who is us, and everything secret in it likewise."""
    data = settings.data
    if not data.is_dir():
        yield Check(
            "data directory", State.FAIL, f"there is no directory {data}", "Run `decile up` or set DECILE_DATA."
        )
        return
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        remedy = f"Run as its owner, or chown {data} to the user of web and worker."
        yield Check("data directory", State.FAIL, f"{data} cannot be written by us", remedy)
        return
    secret = [data, settings.key_directory, data / "secret_keys.json", *settings.key_directory.glob("*")]
    open_to_others = [str(path) for path in secret if path.exists() and path.stat().st_mode & OTHERS_BITS]
    if open_to_others:
        remedy = f"Run: chmod go= {' '.join(open_to_others)}"
        yield Check("data directory", State.FAIL, f"others may read {len(open_to_others)} secret places", remedy)
    else:
        yield Check("data directory", State.OK, f"{data}, for its owner alone")


def disk(settings: Settings) -> Iterator[Check]:
    """Room for what is to come."""
    if not settings.data.is_dir():
        return
    free = shutil.disk_usage(settings.data).free
    state = State.FAIL if free < LEAST_FREE_BYTES else State.WARN if free < SPARE_FREE_BYTES else State.OK
    remedy = "" if state is State.OK else "Make room or move DECILE_DATA; see `decile runbook database_full`."
    yield Check("disk", state, f"{free // MIB:,} MiB free", remedy)


def write_ahead_log(settings: Settings) -> Iterator[Check]:
    """On SQLite, whether its log is being folded back."""
    name = "write-ahead log"
    if not settings.is_embedded:
        yield Check(name, State.OK, "PostgreSQL keeps its own")
        return
    log = Path(f"{sqlite_snapshot.database_file(settings.resolved_database_url)}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > LARGEST_LOG_BYTES:
        remedy = "Some process keeps a transaction open: restart web and worker one after the other."
        yield Check(name, State.WARN, f"{size // MIB:,} MiB", remedy)
    else:
        yield Check(name, State.OK, f"{size // MIB:,} MiB")


def rate_limits(settings: Settings) -> Iterator[Check]:
    """Where requests are to be counted together: whether they are, or each web process allows everything anew."""
    if not settings.redis_url:
        yield Check("rate limits", State.OK, "each process counts alone: no Redis is set")
        return
    trouble = why_not_shared(settings.redis_url)
    if trouble:
        remedy = "Start Redis, or correct DECILE_REDIS_URL; see `decile runbook rates_apart`."
        yield Check("rate limits", State.WARN, f"each process counts alone ({trouble})", remedy)
    else:
        yield Check("rate limits", State.OK, "counted together in Redis")


def migrations(session: Session) -> Iterator[Check]:
    """The schema is this release's."""
    if schema.is_at_head(session.connection()):
        yield Check("migrations", State.OK, schema.head())
    else:
        yield Check(
            "migrations", State.FAIL, "not at this release's schema", "Stop the worker, run `decile db upgrade`."
        )


def clock(session: Session, now: datetime) -> Iterator[Check]:
    """Our clock against the database server's, and against what was recorded before."""
    latest = session.scalar(select(func.max(AuditEntry.at)))
    behind = latest is not None and latest - now > MOST_CLOCK_DIFFERENCE
    difference = abs(_server_time(session, now) - now)
    if behind or difference > MOST_CLOCK_DIFFERENCE:
        saw = f"{now.isoformat()} is before the latest record" if behind else f"{difference} from the database server"
        yield Check("clock", State.FAIL, saw, "Set the clock by NTP on every machine, then restart web and worker.")
    else:
        yield Check("clock", State.OK, now.isoformat(timespec="seconds"))


def _server_time(session: Session, now: datetime) -> datetime:
    if session.get_bind().dialect.name != "postgresql":
        return now
    return session.scalar(select(func.clock_timestamp())) or now


def worker(session: Session, now: datetime) -> Iterator[Check]:
    """Somebody works, and the queue does not grow old."""
    heartbeat = job_health.worker_heartbeat_age_seconds(session, now)
    remedy = "Start `decile worker`; its log says why it stopped. See `decile runbook worker_dead`."
    if heartbeat is None or heartbeat > HEARTBEAT_SECONDS:
        saw = "no worker was ever heard of" if heartbeat is None else f"last heard of {heartbeat:.0f} s ago"
        if ahead := job_health.heartbeats_ahead(session, now):
            saw = f"{saw}, but for {ahead} in the future, whose clock ran ahead"
        yield Check("worker", State.FAIL, saw, remedy)
    else:
        yield Check("worker", State.OK, f"heard of {heartbeat:.0f} s ago")
    waiting = job_health.oldest_waiting_seconds(session, now)
    state = State.OK if waiting <= OLDEST_JOB_SECONDS else State.FAIL
    yield Check("job lag", state, f"the oldest job has waited {waiting:.0f} s", "" if state is State.OK else remedy)
    yield from _failed_jobs(session, now)


def _failed_jobs(session: Session, now: datetime) -> Iterator[Check]:
    """Altered records are such a job too: what stands on the dead list stays undone until somebody looks."""
    failed, unsent = job_health.failed_count(session), job_health.unsent(session, now)
    remedy = "Read `decile jobs failed`, mend the cause, then `decile jobs retry`."
    if failed > unsent.count:
        yield Check("failed jobs", State.FAIL, str(failed), remedy)
    elif unsent.oldest_seconds > LONGEST_UNSENT.total_seconds():
        saw = f"{failed}; mail is tried again for a day, the oldest for {unsent.oldest_seconds / 60:.0f} min"
        yield Check("failed jobs", State.FAIL, saw, remedy)
    elif failed:
        yield Check("failed jobs", State.WARN, f"{failed}, all of them mail that is tried again for a day", remedy)
    else:
        yield Check("failed jobs", State.OK, "0")


def law_dates(session: Session, now: datetime) -> Iterator[Check]:
    """What the law asks from when: looked up lately, and nothing draws near unseen."""
    policy, today = policies.current(LawPolicy, session=session, at=now), now.date()
    remedy = "Look it up, then write all dates as you found them into [[law.dates]] of the policy file."
    amiss = 0
    for one in policy.law_dates:
        if months_between(one.checked_on, today) >= policy.recheck_months:
            saw = f"{one.law}, {one.duty}: last looked up on {one.checked_on}"
        elif timedelta(0) <= one.applies_on - today <= timedelta(days=policy.notice_days):
            saw = f"{one.law}, {one.duty}: holds from {one.applies_on}"
        else:
            continue
        amiss += 1
        yield Check("dates of law", State.WARN, saw, remedy)
    if not amiss:
        verified = sum(one.is_verified for one in policy.law_dates)
        yield Check("dates of law", State.OK, f"{len(policy.law_dates)}, {verified} held against the official text")


def months_between(first: date, last: date) -> int:
    """Whole months."""
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def norms_in_use(session: Session, now: datetime) -> Iterator[Check]:
    """Somebody can be scored under what sittings start under."""
    found = editions_out_of_order(session=session, at=now)
    named = "; ".join(
        f"edition {one.name}, norm {norms.label_of(one.norm_id, session=session) if one.norm_id else 'none'}: {one.why}"
        for one in found
    )
    if found:
        remedy = "Nobody can start there. Somebody wrote past the program; see `decile runbook records_altered`."
        yield Check("norms in use", State.FAIL, named, remedy)
    else:
        yield Check("norms in use", State.OK, "sittings can be scored under each")


def published_keys(session: Session, settings: Settings) -> Iterator[Check]:
    """The world knows a key with which we may sign, and where keys lie on this machine none of those is absent."""
    usable = [key for key in credentials.keys(session=session) if not (key.retired_at or key.compromised_at)]
    absent = key_files.kept_elsewhere(settings.key_directory, session=session)
    keyless = credentials.algorithms_without_key(session=session)
    if usable and absent and key_files.entries(settings.key_directory) and not settings.has_keys_in_a_device:
        remedy = "Let all workers share the one directory that holds them; `decile keys rotate` retires what is lost."
        yield Check("published keys", State.FAIL, f"not in {settings.key_directory}: {', '.join(absent)}", remedy)
    elif usable and keyless:
        saw = f"none of {', '.join(keyless)} is in use"
        yield Check("published keys", State.FAIL, saw, _what_brings(keyless, session, settings))
    elif usable:
        yield Check("published keys", State.OK, ", ".join(key.key_id for key in usable))
    else:
        remedy = _what_brings((did.ED25519, did.RS256), session, settings)
        yield Check("published keys", State.FAIL, "none is in use", remedy)


def _what_brings(algorithms: Collection[str], session: Session, settings: Settings) -> str:
    """The remedy for want of keys: where they were made already and no worker has published them, only the worker."""
    known = {key.key_id for key in credentials.keys(session=session)}
    files = key_files.entries(settings.key_directory).values()
    made = {entry["algorithm"] for entry in files if entry["key_id"] not in known}
    return START_WORKER if made.issuperset(algorithms) else MAKE_KEYS


def log_head(session: Session, settings: Settings) -> Iterator[Check]:
    """The public log continues what was signed last, as the file beside the worker's keys remembers it."""
    size, root = LogHead(settings.key_directory / LOG_HEAD).read()
    if log.holds(size, root, session=session):
        yield Check("log head", State.OK, f"{size} entries were signed last" if size else "none on this machine")
    else:
        remedy = "Nothing will be signed. Restore with `--log`, or see `decile runbook restore`."
        yield Check("log head", State.FAIL, f"the log does not continue the {size} entries signed last", remedy)


def backups(session: Session, now: datetime) -> Iterator[Check]:
    """A backup was made lately, or none ever. Whether it can be restored, only a restore can say."""
    latest = audit.latest("backup.made", session=session)
    saw, remedy = (
        "never" if latest is None else latest.isoformat(timespec="minutes"),
        "Run `decile backup` every night.",
    )
    if latest is not None and now - latest <= OLDEST_BACKUP:
        yield Check("last backup", State.OK, saw)
    elif latest is None or now - latest <= BACKUPS_CEASED:
        yield Check("last backup", State.WARN, saw, remedy)
    else:
        yield Check("last backup", State.FAIL, saw, remedy)
