"""Triggers by which the database itself refuses to edit or delete a release, an item or a calibration."""

from __future__ import annotations

WRITTEN_ONCE = ("bank_release", "item", "calibration")
_REASON = "a bank release, its items and its calibrations are never edited; release a new version"
_POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION refuse_item_bank_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REASON}'; END $$"
)


def sqlite_guards(table: str) -> tuple[str, ...]:
    """Statements that make `table` append-only on SQLite."""
    return tuple(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{_REASON}'); END"
        for verb in ("UPDATE", "DELETE")
    )


def postgresql_guards(table: str) -> tuple[str, ...]:
    """Statements that make `table` append-only on PostgreSQL."""
    return (
        _POSTGRESQL_FUNCTION,
        (
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_bank_change()"
        ),
    )


SQLITE_IMMUTABLE = tuple(statement for table in WRITTEN_ONCE for statement in sqlite_guards(table))
POSTGRESQL_IMMUTABLE = tuple(statement for table in WRITTEN_ONCE for statement in postgresql_guards(table))
