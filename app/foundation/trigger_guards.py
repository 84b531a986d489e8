"""The triggers that keep rows from being altered: whether the database has them as the models write them."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, create_mock_engine, text

TRIGGER = re.compile(r"CREATE TRIGGER (\w+)")
CALLED = re.compile(r"EXECUTE FUNCTION (\w+)")
FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\(\).*?LANGUAGE (\w+) AS \$\$(.*)\$\$", re.DOTALL)
# 'A' always fires, 'O' unless the sessions of this database are those of a replica; 'D' is disabled, 'R' fires for a
# replica alone
FIRING = """
SELECT tgname AS name, pg_get_triggerdef(pg_trigger.oid, true) AS definition, lanname AS language, prosrc AS body
FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_language ON pg_language.oid = prolang
WHERE NOT tgisinternal
  AND (tgenabled = 'A' OR tgenabled = 'O' AND current_setting('session_replication_role') <> 'replica')
"""


def missing_guards(connection: Connection) -> tuple[str, ...]:
    """Names of the triggers that the models put on their tables and this database does not have, or has otherwise."""
    written = _written(connection)
    triggers = {found[1]: one for one in written if (found := TRIGGER.match(one))}
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        there = {row.name: row.sql for row in rows}
        return tuple(sorted(name for name, one in triggers.items() if there.get(name) != one))
    functions = {found[1]: (found[2], found[3]) for one in written if (found := FUNCTION.match(one))}
    firing = {(row.name, *_words(row.definition), row.language, row.body) for row in connection.execute(text(FIRING))}
    wanted = {name: (name, *_words(one), *functions[CALLED.findall(one)[0]]) for name, one in triggers.items()}
    return tuple(sorted(name for name, one in wanted.items() if one not in firing))


def _written(connection: Connection) -> list[str]:
    """What the models would have this database execute."""
    from app.foundation.db import Base  # noqa: PLC0415

    written: list[str] = []

    def note(statement: Any, *_: Any) -> None:
        written.append(str(statement.compile(dialect=connection.dialect)).strip())

    Base.metadata.create_all(create_mock_engine(connection.engine.url, note), checkfirst=False)
    return written


def _words(definition: str) -> list[str]:
    """PostgreSQL shows events and columns in an order of its own; a condition, or an argument, is a word more."""
    return sorted(re.findall(r"\w+", definition))
