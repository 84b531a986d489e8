"""Lists page by page. A cursor names the last entry seen, so a page never repeats or skips when new entries come.

The lists are short (a person's sittings, the norms of a skill) and come whole from their context's query; what is
cut here is the answer. The cursor is looked up in the asker's own list, so that it reveals nothing.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.api.errors import CursorUnknown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some entries, and the cursor of the next page; None on the last."""

    entries: tuple[T, ...]
    next_cursor: str | None


def page_of(entries: Sequence[T], *, key: Callable[[T], object], cursor: str | None, limit: int) -> Page[T]:
    """The entries after the cursor.

    Raises
    ------
    CursorUnknown
    """
    names = [str(key(entry)) for entry in entries]
    start = 0 if cursor is None else _place_after(cursor, names)
    shown = tuple(entries[start : start + limit])
    has_more = start + limit < len(entries)
    return Page(shown, _cursor(names[start + limit - 1]) if has_more else None)


def _cursor(name: str) -> str:
    return urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _place_after(cursor: str, names: list[str]) -> int:
    try:
        name = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return names.index(name) + 1
    except ValueError:  # not base 64, not text, or no entry of this list
        raise CursorUnknown from None
