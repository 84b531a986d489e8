"""What is asked of one person reads no table whole that grows with people, sittings or acts.

SQLite keeps no statistics, so the plans are those of a database however full; every statement of the act is explained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, Table, UniqueConstraint, event

from app.accounts.letters import letters_of
from app.foundation.access import operator
from app.foundation.db import Base, Database
from app.privacy.export_person import export_person
from app.privacy.timeline import timeline
from tests.app.api.world import World
from tests.app.privacy.test_erase_person import erase
from tests.app.privacy.traces import owner_id

FEW = frozenset(  # as many as there are keys, norms, banks, panels, staff and their acts; sign-ins are kept for a day
    {
        "account_merge", "api_token", "credential_review", "issuer_key", "item_author", "item_rescoring", "item_review",
        "item_state_change", "key_agreement", "key_panel", "key_seat", "norm_recalibration", "norm_rollback",
        "norm_version", "person_restriction", "register_change", "sign_in_request", "sitting_comparison", "CONSTANT",
    }
)  # fmt: skip
OF_PEOPLE = frozenset({"person", "sitting", "skill_result", "credential"})


@contextmanager
def read_whole(database: Database) -> Iterator[dict[str, str]]:
    """The tables that were read whole meanwhile, each with a statement that did, but for the few."""
    told: dict[str, Any] = {}
    found: dict[str, str] = {}

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        told.setdefault(statement, values[0] if many else values)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    with database.looking() as connection:
        for statement, values in told.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                scans = [scan[1] for row in plan if (scan := re.match(r"SCAN (\w+)", row[3]))]
                found.update({table: statement for table in scans if table not in FEW})
    assert told


def test_a_persons_own_pages_read_no_growing_table_whole(world: World) -> None:
    here, whose = world.runtime, owner_id(world)
    with read_whole(here.database) as found, here.reading() as session:
        assert timeline(whose, session=session, links=here.links)
        letters_of(whose, session=session)
        export_person(whose, session=session, clock=here.clock, links=here.links, actor=operator())
    assert found == {}


def test_an_erasure_reads_no_growing_table_whole(world: World) -> None:
    with read_whole(world.runtime.database) as found:
        erase(world)
    assert found == {}


def _led_by(table: Table) -> set[str]:
    """Columns by which rows are found, whatever else their index leaves out that has none."""
    indexes = [(list(one.columns), str(one.dialect_options["sqlite"]["where"])) for one in table.indexes]
    keys = [list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    found = [*keys, list(table.primary_key.columns)]
    found += [columns for columns, where in indexes if where in ("None", f"{columns[0].name} IS NOT NULL")]
    return {columns[0].name for columns in found if columns}


def test_who_is_erased_is_looked_for_by_an_index_in_every_growing_table() -> None:
    """A database looks for what refers to a row before it lets the row go, and no plan shows that."""
    missing = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        if table.name not in FEW
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in OF_PEOPLE and column.name not in _led_by(table)
    }
    assert missing == set()
