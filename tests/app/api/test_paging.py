"""Pages that neither repeat nor skip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.errors import CursorUnknown
from app.api.paging import page_of

NAMES = st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=20)


@given(NAMES.map(lambda names: [name for name in names if name.isprintable()]), st.integers(1, 7))
def test_walking_shows_everything_once_in_order(names, limit):
    seen, cursor = [], None
    while True:
        page = page_of(names, key=str, cursor=cursor, limit=limit)
        seen += page.entries
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == names


def test_new_entries_at_the_top_do_not_disturb_a_walk():
    first = page_of(["c", "b", "a"], key=str, cursor=None, limit=2)
    second = page_of(["d", "c", "b", "a"], key=str, cursor=first.next_cursor, limit=2)
    assert first.entries + second.entries == ("c", "b", "a")


@pytest.mark.parametrize("cursor", ["", "a", "zzzz", "é", "_____"])
def test_a_foreign_cursor_is_refused(cursor):
    with pytest.raises(CursorUnknown):
        page_of(["x"], key=str, cursor=cursor, limit=1)
