"""No table can hold something of a person without the copy and the erasure knowing of it."""

from __future__ import annotations

from app.foundation.db import Base
from app.privacy.column_words import COLUMNS
from app.privacy.holdings import HOLDINGS, NOT_PERSONAL
from app.privacy.readable import HEADINGS
from tests.app.api.world import World
from tests.app.privacy.traces import held, tables_of_ours

LEFT_BY_AN_ERASURE = {"retake_trace", "erased_address", "erasure_request"}
NAMES_STAFF = {
    "norm_version",
    "norm_rollback",
    "norm_recalibration",
    "key_panel",
    "key_seat",
    "key_rating",
    "key_agreement",
    "sitting_comparison",
    "item_author",
    "item_review",
    "item_state_change",
    "item_rescoring",
}


def test_every_table_is_either_a_persons_or_nobodys():
    listed = {holding.table for holding in HOLDINGS}
    assert listed | set(NOT_PERSONAL) == tables_of_ours()
    assert listed & set(NOT_PERSONAL) == set()
    assert all(NOT_PERSONAL.values())


def test_a_table_that_refers_to_a_person_is_a_persons():
    """Directly or through what is theirs."""
    personal = {"person"}
    while True:
        more = {
            table.name
            for table in Base.metadata.tables.values()
            if any(key.column.table.name in personal for key in table.foreign_keys)
        } - personal - NAMES_STAFF  # fmt: skip
        if not more:
            break
        personal |= more
    assert personal <= {holding.table for holding in HOLDINGS}


def test_what_is_withheld_are_columns_that_exist():
    for holding in HOLDINGS:
        assert {name.partition(".")[0] for name in holding.withheld} <= {
            column.name for column in Base.metadata.tables[holding.table].c
        }


def test_every_table_has_words_for_the_readable_page():
    assert set(HEADINGS) == {holding.table for holding in HOLDINGS}


def test_every_column_has_words_for_the_readable_page_and_no_words_are_left_over():
    shown = {
        column.name
        for one in HOLDINGS
        for column in Base.metadata.tables[one.table].columns
        if column.name not in one.withheld
    }
    assert set(COLUMNS) == shown


def test_the_person_of_these_tests_has_left_something_in_every_table(world: World):
    assert {table for table, rows in held(world).items() if rows == 0} == LEFT_BY_AN_ERASURE
