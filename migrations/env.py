"""Alembic's door: runs the migrations over the database it is handed."""

from __future__ import annotations

from alembic import context

import app.composition  # noqa: F401  imports every models.py once
from app.foundation.db import Base
from app.foundation.jobs import is_job_table


def _ours(name, kind, parents):
    return not (kind == "table" and is_job_table(name, parents.get("schema_name")))


database = context.config.attributes["database"]
with database.writing.begin() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=_ours,
        render_as_batch=database.is_sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()
