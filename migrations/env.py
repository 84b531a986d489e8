"""Alembic's door: runs the migrations over the database it is handed."""

from __future__ import annotations

from contextlib import contextmanager

from alembic import context

import app.composition  # noqa: F401  imports every models.py once
from app.foundation import schema
from app.foundation.db import Base
from app.foundation.jobs import is_job_table


def _ours(name, kind, parents):
    return not (kind == "table" and is_job_table(name, parents.get("schema_name")))


@contextmanager
def _rebuilding(database, applied):
    """A transaction in which SQLite lets a table be rebuilt that others refer to; what was applied is looked at.

    While it watches over references it refuses to drop a table, to make it anew, whose rows others refer to. It can be
    told otherwise outside of a transaction alone.
    """
    with database.writing.connect() as connection:
        driver = connection.connection.driver_connection
        if database.is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if database.is_sqlite and applied:
                    schema.require_references(connection)
        finally:
            if database.is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


database, applied = context.config.attributes["database"], []
with _rebuilding(database, applied) as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=_ours,
        render_as_batch=database.is_sqlite,
        on_version_apply=lambda **step: applied.append(step["step"].up_revision_id),
    )
    with context.begin_transaction():
        context.run_migrations()
