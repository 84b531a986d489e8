"""The database's schema: brought to this release's head, and compared with the models."""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Index, MetaData, inspect, text
from sqlalchemy.schema import CreateIndex

from app.foundation import jobs
from app.foundation.db import Database
from app.foundation.errors import Conflict, Invalid
from app.foundation.shipped import MIGRATIONS

if TYPE_CHECKING:
    from alembic.config import Config


OF_EXPRESSIONS = """
SELECT name, tbl_name, sql FROM sqlite_master
WHERE type = 'index' AND EXISTS (SELECT 1 FROM pragma_index_xinfo(sqlite_master.name) AS part WHERE part.cid = -2)
"""
PASSED_OVER = (  # said of every such index on SQLite, by the library that reflects and the one that compares
    "Skipped unsupported reflection of expression-based index",
    "autogenerate skipping metadata-specified expression-based index",
)
REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)
FOLLOWS = re.compile(r'^down_revision = "(.+)"$', re.MULTILINE)


class SchemaBehind(Conflict):
    """The database is not at the head of the migrations."""

    code = "schema-behind"

    def __init__(self) -> None:
        super().__init__("The database is not at this release's schema. Run `decile db upgrade`, then start again.")


class NoSuchRevision(Invalid):
    """The migrations here know no such revision, or the database stands before it."""

    code = "no-such-revision"

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The schema cannot be taken back to {revision or 'nothing'}. Ask the former release with "
            "`decile db revision`, and name what it prints."
        )


class ReferencesLost(Conflict):
    """Rows of an SQLite database refer to rows that are not there."""

    code = "references-lost"

    def __init__(self, found: list[tuple[str, int, str]]) -> None:
        table, row, parent = found[0]
        super().__init__(
            f"The schema was left as it is: with its change {len(found)} rows would refer to none, the first of them "
            f"row {row} of {table} to {parent}. Restore a backup in which `decile doctor` finds every record in order."
        )


def _config(database: Database) -> Config:
    from alembic.config import Config  # noqa: PLC0415  alembic costs 100 ms that no web request should pay

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    return config


def upgrade(database: Database) -> None:
    """Bring our tables and the job library's to this release's head."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(_config(database), "head")
    jobs.migrate_jobs(database.url)


def downgrade(database: Database, revision: str) -> None:
    """Take our tables back to a former release's head. What only the newer release kept is dropped.

    A revision is named whole: what Alembic takes besides, as `base` or the beginning of a name, would drop more than
    anybody meant.

    Raises
    ------
    NoSuchRevision
    """
    from alembic import command  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    if revision not in revisions():
        raise NoSuchRevision(revision)
    try:
        command.downgrade(_config(database), revision)
    except CommandError:
        raise NoSuchRevision(revision) from None


def require_references(connection: Connection) -> None:
    """On SQLite: every row that refers to another finds it. To be called before the commit of a change of schema.

    Raises
    ------
    ReferencesLost
    """
    found = connection.execute(text("PRAGMA foreign_key_check")).all()
    if found:
        raise ReferencesLost([(row[0], row[1], row[2]) for row in found])


def differences(database: Database) -> list[Any]:
    """What the models say and the database does not, or the other way round; empty when they agree."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    from app.foundation.db import Base  # noqa: PLC0415

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        return not (kind == "table" and name is not None and jobs.is_job_table(name, parents.get("schema_name")))

    with database.writing.connect() as connection:
        options = {"include_name": ours, "compare_type": True, "compare_server_default": False}
        context = MigrationContext.configure(connection, opts=options)
        with warnings.catch_warnings():
            for passed_over in PASSED_OVER:
                warnings.filterwarnings("ignore", passed_over)
            found = list(compare_metadata(context, Base.metadata))
        return found + (_expression_indexes(connection, Base.metadata) if database.is_sqlite else [])


def _expression_indexes(connection: Connection, models: MetaData) -> list[Any]:
    """What SQLite's reflection passes over: indexes of expressions, compared by the statements that make them."""
    ours = (index for table in models.sorted_tables for index in table.indexes)
    wanted = {str(one.name): one for one in ours if not all(isinstance(part, Column) for part in one.expressions)}
    made = {name: _words(str(CreateIndex(index).compile(connection))) for name, index in wanted.items()}
    rows = connection.execute(text(OF_EXPRESSIONS)).all()
    there = {row.name: _words(row.sql) for row in rows if not jobs.is_job_table(row.tbl_name, None)}
    missing = [("add_index", index) for name, index in wanted.items() if there.get(name) != made[name]]
    beyond = [("remove_index", Index(name)) for name, words in there.items() if made.get(name) != words]
    return missing + beyond


def _words(statement: str) -> list[str]:
    """Without the spaces and quotes that SQLite adds where it renames a table."""
    return re.findall(r"\w+|[^\w\s\"]", statement)


def in_words(difference: Any) -> str:
    """One of `differences` for people, as what the database lacks, has beyond the models, or has otherwise."""
    if isinstance(difference, list):
        return "; ".join(map(in_words, difference))
    kind, subject = difference[0], difference[-1]
    if kind in ("add_column", "remove_column"):
        name = f"column {difference[2]}.{subject.name}"
    elif kind.startswith("modify_"):
        return f"the column {difference[2]}.{difference[3]} has another {kind.removeprefix('modify_')}"
    else:
        name = f"{kind.partition('_')[2].replace('fk', 'foreign key')} {subject.name}"
    return f"the {name} is missing" if kind.startswith("add_") else f"the {name} is not ours"


def revisions() -> tuple[str, ...]:
    """Every revision this release knows, the newest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


@cache
def head() -> str:
    """The newest revision's id, read from the migration files once: the one that no other follows.

    Read without Alembic, which would run every migration's module at every start of a process.
    """
    texts = [file.read_text(encoding="utf-8") for file in (MIGRATIONS / "versions").glob("*.py")]
    followed = {found[1] for one in texts if (found := FOLLOWS.search(one))}
    (newest,) = {found[1] for one in texts if (found := REVISION.search(one))} - followed
    return newest


def is_at_head(connection: Connection) -> bool:
    """Whether the connected database stands at this release's head."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head()


def require_head(database: Database) -> None:
    """Raise `SchemaBehind` unless the database stands at this release's head."""
    with database.reading() as session:
        if not is_at_head(session.connection()):
            raise SchemaBehind
