"""What was found of certificates, kept while nothing it rests on has changed.

The register is asked every time, so a revocation shows on the next look in every process. What is spared is what only
arithmetic finds out: signatures, the status list, the comparison of two documents. One store for each database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from app.credentials.basis import Basis

MOST = 500  # 37 kB each, with the signatures and the page that are kept beside it

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[F]):
    basis: Basis
    found: F
    found_at: datetime
    until: datetime | None


@dataclass(slots=True)
class _Store(Generic[F]):
    kept: dict[str, _Kept[F]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)  # each once: every basis comes with a copy of its status list


class Remembered(Generic[F]):
    """What was found, by code, for each database that this process asks."""

    def __init__(self) -> None:
        self._stores: WeakKeyDictionary[Engine | Connection, _Store[F]] = WeakKeyDictionary()

    def unchanged(self, code: str, basis: Basis, *, at: datetime, bind: Engine | Connection) -> F | None:
        """What was found last; None where something it rests on is another, or the hour changes the verdict."""
        store = self._stores.get(bind)
        kept = store.kept.get(code) if store else None
        if kept is None or kept.basis != basis or at < kept.found_at or (kept.until and at >= kept.until):
            return None
        return kept.found

    def keep(
        self, code: str, basis: Basis, found: F, *, at: datetime, until: datetime | None, bind: Engine | Connection
    ) -> None:
        """Remember what was found at this instant, to the next one at which time alone changes the verdict."""
        store = self._stores.setdefault(bind, _Store())
        if len(store.kept) >= MOST:
            store = self._stores[bind] = _Store()
        texts = store.texts
        shared = tuple(texts.setdefault(value, value) if isinstance(value, str) else value for value in basis)
        store.kept[code] = _Kept(shared, found, at, until)
