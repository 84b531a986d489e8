"""What was found of certificates, kept while nothing it rests on has changed.

The register is asked every time, so a revocation shows on the next look in every process. What is spared is what only
arithmetic finds out: signatures, the status list, the comparison of two documents. One store for each database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app.credentials.basis import Basis

if TYPE_CHECKING:
    from app.verification.verify_credential import CertificateVerification

MOST = 1000  # about 30 kB each


@dataclass(frozen=True, slots=True)
class _Kept:
    basis: Basis
    found: CertificateVerification
    until: datetime | None


_stores: WeakKeyDictionary[Engine | Connection, dict[str, _Kept]] = WeakKeyDictionary()


def unchanged(code: str, basis: Basis, *, at: datetime, session: Session) -> CertificateVerification | None:
    """What was found last, checked at this instant; None where something it rests on, or the hour, is another."""
    kept = _stores.get(session.get_bind(), {}).get(code)
    if kept is None or kept.basis != basis or at < kept.found.checked_at or (kept.until and at >= kept.until):
        return None
    return replace(kept.found, checked_at=at)


def keep(code: str, basis: Basis, found: CertificateVerification, *, until: datetime | None, session: Session) -> None:
    """Remember it until the next instant at which time alone changes the verdict."""
    store = _stores.setdefault(session.get_bind(), {})
    if len(store) >= MOST:
        store.clear()
    store[code] = _Kept(basis, found, until)
