"""The columns of the library's table of jobs that we read ourselves: its own way of reading maps whole workflows."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, String, TableClause, column, table

from app.foundation.jobs import JOB_SCHEMA


def job_table(*, is_sqlite: bool) -> TableClause:
    """The table by its name: in a schema of its own, except on SQLite, which has none."""
    return table(
        "workflow_status",
        column("workflow_uuid", String),
        column("status", String),
        column("queue_name", String),
        column("created_at", BigInteger),
        column("updated_at", BigInteger),  # of a job that waits: when it was put into the queue
        column("recovery_attempts", BigInteger),
        column("attributes", JSON),
        schema=None if is_sqlite else JOB_SCHEMA,
    )


def outcome_table(*, is_sqlite: bool) -> TableClause:
    """Likewise that of what a job came to: the library writes it apart from where the job stands."""
    return table(
        "workflow_output",
        column("workflow_uuid", String),
        column("error", String),  # JSON with the name of the error, of a job that failed
        schema=None if is_sqlite else JOB_SCHEMA,
    )
