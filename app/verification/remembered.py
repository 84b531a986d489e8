"""What was found of certificates, kept while nothing it rests on has changed.

The register is asked every time, so a revocation shows on the next look in every process. What is spared is what only
arithmetic finds out: signatures, the status list, the comparison of two documents. One store for each database.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from app.credentials.basis import Basis

MOST = 500  # 36 kB each, with the signatures and the page that are kept beside it

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[F]):
    basis_sha256: bytes  # the basis itself holds the text of the status list, anew for each
    found: F
    found_at: datetime
    until: datetime | None

    def holds(self, basis: Basis, *, at: datetime) -> bool:
        is_its_hour = self.found_at <= at and (self.until is None or at < self.until)
        return is_its_hour and self.basis_sha256 == _digest(basis)


class Remembered(Generic[F]):
    """What was found, by code, for each database that this process asks."""

    def __init__(self) -> None:
        self._stores: WeakKeyDictionary[Engine | Connection, dict[str, _Kept[F]]] = WeakKeyDictionary()

    def unchanged(self, code: str, basis: Basis, *, at: datetime, bind: Engine | Connection) -> F | None:
        """What was found last; None where something it rests on is another, or the hour changes the verdict."""
        kept = self._stores.get(bind, {}).get(code)
        return kept.found if kept is not None and kept.holds(basis, at=at) else None

    def keep(
        self, code: str, basis: Basis, found: F, *, at: datetime, until: datetime | None, bind: Engine | Connection
    ) -> None:
        """Remember what was found at this instant, to the next one at which time alone changes the verdict."""
        store = self._stores.setdefault(bind, {})
        if len(store) >= MOST:
            store.clear()
        store[code] = _Kept(_digest(basis), found, at, until)


def _digest(basis: Basis) -> bytes:
    return hashlib.sha256(repr(basis).encode()).digest()
