"""Door to the durable jobs library: a job is written in the caller's own transaction, and survives any crash.

The web process holds a client only. It has no thread and no connection of its own: the job's row goes through the
caller's session, so that a change and the job it calls for are committed together or not at all. Workflow id = key,
arguments are portable JSON. Reading and mending the queue is in `job_list`, running it in `job_runner`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

import structlog
from sqlalchemy.orm import Session

from app.foundation.db import Database
from app.foundation.job_queues import priority_of, queue_of

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

log = structlog.get_logger("decile.jobs")

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

APPLICATION = "decile"
ALIKE_CHARACTERS, SECONDS_BETWEEN_ALIKE = 40, 60.0  # of the library's messages
JOB_SCHEMA = "dbos"  # on PostgreSQL; SQLite has no schemas, so there the names alone tell
JOB_TABLES = frozenset(
    {
        "application_versions",
        "dbos_migrations",
        "notifications",
        "operation_outputs",
        "queues",
        "streams",
        "workflow_events",
        "workflow_events_history",
        "workflow_input",
        "workflow_output",
        "workflow_schedules",
        "workflow_status",
    }
)


class Jobs(Protocol):
    """Where a use case leaves what is to happen next."""

    def enqueue(self, name: str, key: str, *, session: Session, arguments: Mapping[str, JSON]) -> None:
        """Write the job `name` in the transaction of `session`; the same key twice is one job."""
        ...


class DurableJobs:
    """Jobs kept in the tables of dbos, beside ours in the same database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def client(self) -> DBOSClient:
        """Made at first use, after any fork; it connects only when the queue is read or mended."""
        # Importing dbos costs 165 ms of CPU, a third of create_app(); most web processes serve pages first.
        from dbos import DBOSClient, DBOSPortableJSONSerializer  # noqa: PLC0415

        quieten_library()
        return DBOSClient(
            system_database_engine=self._database.writing,
            dbos_system_schema=JOB_SCHEMA,
            serializer=DBOSPortableJSONSerializer(),  # never pickle: a job outlives the code that wrote it
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,  # a page or command reports a lost database, it does not hang
        )

    def enqueue(self, name: str, key: str, *, session: Session, arguments: Mapping[str, JSON]) -> None:
        """Write the job in the caller's transaction; a key that is already there changes nothing."""
        options: EnqueueOptions = {
            "workflow_name": name,
            "queue_name": queue_of(name),
            "priority": priority_of(name),
            "workflow_id": key,
        }
        self.client.enqueue_in_transaction(session, options, **arguments)


def migrate_jobs(url: str) -> None:
    """Create or upgrade the tables of dbos. Called by `decile db upgrade`, never by a client."""
    from dbos import DBOS  # noqa: PLC0415  the command line pays for the import only when it upgrades

    quieten_library()
    DBOS.migrate(url, schema=JOB_SCHEMA)


def is_job_table(name: str | None, schema: str | None) -> bool:
    """Whether a table belongs to dbos, and so is no business of our migrations."""
    return schema == JOB_SCHEMA or (schema is None and name in JOB_TABLES)


def quieten_library() -> None:
    """Let warnings of dbos appear as lines of ours; a logger without a handler gets one of dbos's own."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(_ToOurLog())
    logger.propagate = False
    logger.setLevel(logging.WARNING)


class _ToOurLog(logging.Handler):
    """One line a minute for what begins alike: while the database is away the library says thirty a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, tuple[float, int]] = {}  # when last, and how often since

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage().partition("\n")[0]
        alike, now = said[:ALIKE_CHARACTERS], record.created
        last, left_out = self._said.get(alike, (float("-inf"), 0))
        if now - last < SECONDS_BETWEEN_ALIKE:
            self._said[alike] = last, left_out + 1
            return
        # some begin with the key of a job: what is over and left nothing out need not be remembered
        recent = {one: (at, n) for one, (at, n) in self._said.items() if n or now - at < SECONDS_BETWEEN_ALIKE}
        self._said = recent | {alike: (now, 0)}
        # the kind of error alone: its text may quote what people wrote
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log.warning("jobs.library", said=said, error=kind, left_out=left_out)
