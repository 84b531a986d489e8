"""What the files of the key store say of the keys sealed in them; none is opened here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.credentials.errors import KeyStoreRefused
from app.credentials.models import IssuerKey

ENTRY_PARTS = {"key_id", "algorithm", "kdf", "cipher", "ciphertext"}


def entries(directory: Path) -> dict[Path, dict[str, Any]]:
    """What each file says, oldest first; two of one second in the order of their ids.

    Raises
    ------
    KeyStoreRefused
        If a file is torn.
    """
    return {file: _entry(file) for file in sorted(directory.glob("*.key.json"))}


def _entry(file: Path) -> dict[str, Any]:
    try:
        entry = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or not entry.keys() >= ENTRY_PARTS:
        raise KeyStoreRefused(f"The file {file} is torn and opens no key. Put it back from a backup.")
    return entry


def kept_elsewhere(directory: Path, *, session: Session) -> tuple[str, ...]:
    """Ids of the published keys in use that do not lie in this directory, oldest first."""
    here = ids(directory)
    return tuple(key_id for key_id in in_use(session=session) if key_id not in here)


def in_use(*, session: Session) -> tuple[str, ...]:
    """Ids of the published keys in use, oldest first."""
    query = (
        select(IssuerKey.key_id)
        .where(IssuerKey.retired_at.is_(None), IssuerKey.compromised_at.is_(None))
        .order_by(IssuerKey.activated_at, IssuerKey.key_id)
    )
    return tuple(session.scalars(query))


def ids(directory: Path) -> frozenset[str]:
    """Ids of the keys whose private halves lie in this directory."""
    return frozenset(entry["key_id"] for entry in entries(directory).values())


def remove_spent(directory: Path, *, session: Session) -> None:
    """Delete the files of keys that may sign no more, so that `decile keys init` sees which are missing."""
    spent = select(IssuerKey.key_id).where(
        or_(IssuerKey.retired_at.is_not(None), IssuerKey.compromised_at.is_not(None))
    )
    named = frozenset(session.scalars(spent))
    for file, entry in entries(directory).items():
        if entry["key_id"] in named:
            file.unlink()
