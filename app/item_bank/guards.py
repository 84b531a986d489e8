"""Triggers by which the database itself refuses to edit or delete what is written once, and an author's own review."""

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

_APPENDED_REASON = "what is on record about an item is never changed; add a further entry"
_OWN_REVIEW = "nobody reviews an item of their own"
_REFUSE_CHANGE = (
    "CREATE OR REPLACE FUNCTION refuse_item_record_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_APPENDED_REASON}'; END $$"
)
_OWN = {  # whichever of the two rows comes second is refused
    "item_review": "SELECT 1 FROM item_author WHERE item_id = NEW.item_id AND person_id = NEW.reviewer_id",
    "item_author": "SELECT 1 FROM item_review WHERE item_id = NEW.item_id AND reviewer_id = NEW.person_id",
}


def sqlite_record_guards(table: str) -> tuple[str, ...]:
    """Statements that keep a table of `APPENDED` append-only on SQLite, and an author's own review out of it."""
    refused = f"BEGIN SELECT RAISE(ABORT, '{_APPENDED_REASON}'); END"
    kept = tuple(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {refused}" for verb in ("UPDATE", "DELETE")
    )
    if table not in _OWN:
        return kept
    refuse = f"WHEN EXISTS ({_OWN[table]}) BEGIN SELECT RAISE(ABORT, '{_OWN_REVIEW}'); END"
    return (*kept, f"CREATE TRIGGER {table}_not_own BEFORE INSERT ON {table} {refuse}")


def postgresql_record_guards(table: str) -> tuple[str, ...]:
    """The same on PostgreSQL."""
    kept = (
        _REFUSE_CHANGE,
        (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_record_change()"
        ),
    )
    if table not in _OWN:
        return kept
    body = f"IF EXISTS ({_OWN[table]}) THEN RAISE EXCEPTION '{_OWN_REVIEW}'; END IF; RETURN NEW;"
    return (
        *kept,
        f"CREATE FUNCTION refuse_own_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        f"CREATE TRIGGER {table}_not_own BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_own_{table}()",
    )
