"""What was found of certificates, kept while nothing it rests on has changed.

The register is asked every time, so a revocation shows on the next look in every process. What is spared is what only
arithmetic finds out: signatures, the status list, the comparison of two documents. One store for each database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from app.credentials.basis import Basis

MOST = 500  # 37 kB each, with the signatures and the page that are kept beside it
MOST_LISTS = 64  # texts of which one copy serves all; those of lists are asked for again and again, and stay
LONG = 1000  # characters

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[F]):
    basis: Basis
    found: F
    found_at: datetime
    until: datetime | None


@lru_cache(maxsize=MOST_LISTS)
def _once(text: str) -> str:
    """The same text, of which one copy is kept: every basis comes with a copy of its status list."""
    return text


class Remembered(Generic[F]):
    """What was found, by code, for each database that this process asks."""

    def __init__(self) -> None:
        self._stores: WeakKeyDictionary[Engine | Connection, dict[str, _Kept[F]]] = WeakKeyDictionary()

    def unchanged(self, code: str, basis: Basis, *, at: datetime, bind: Engine | Connection) -> F | None:
        """What was found last; None where something it rests on is another, or the hour changes the verdict."""
        kept = self._stores.get(bind, {}).get(code)
        if kept is None or kept.basis != basis or at < kept.found_at or (kept.until and at >= kept.until):
            return None
        return kept.found

    def keep(
        self, code: str, basis: Basis, found: F, *, at: datetime, until: datetime | None, bind: Engine | Connection
    ) -> None:
        """Remember what was found at this instant, to the next one at which time alone changes the verdict."""
        store = self._stores.setdefault(bind, {})
        if len(store) >= MOST:
            store = self._stores[bind] = {}
        shared = tuple(_once(one) if isinstance(one, str) and len(one) > LONG else one for one in basis)
        store[code] = _Kept(shared, found, at, until)
