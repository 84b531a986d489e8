"""Use case: write an entry in the transaction of the event it tells of, so that there is never one without the other.

The entry holds no personal data. What it says about a document is a commitment: the hash of a salt and of the document,
which says nothing to whoever has not both.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.jobs import JSON
from app.transparency.models import LogEntry

VERSION = 1
SALT_BYTES = 32


def log_event(
    kind: str,
    subject: object,
    facts: Mapping[str, JSON],
    *,
    at: datetime,
    session: Session,
    committed: Mapping[str, object] | None = None,
) -> None:
    """Add the entry, with a commitment to `committed` if given; what is logged already is left as it is."""
    query = select(LogEntry.id).where(LogEntry.kind == kind, LogEntry.subject == str(subject))
    if session.scalar(query) is not None:
        return
    # from the operating system and not from the `entropy` argument: a counted salt could be guessed
    salt = secrets.token_hex(SALT_BYTES) if committed is not None else None
    told: dict[str, JSON] = {"v": VERSION, "kind": kind, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", **facts}
    if salt is not None and committed is not None:
        told["commitment"] = commitment(salt, committed)
    entry = LogEntry(
        id=UUID(bytes=secrets.token_bytes(16), version=4),
        kind=kind,
        subject=str(subject),
        at=at,
        entry=_text(told),
        salt=salt,
    )
    session.add(entry)
    session.flush()


def commitment(salt: str, document: Mapping[str, object]) -> str:
    """SHA-256 of the salt (hexadecimal) and of the document's hash, as keys in order and no spaces; hexadecimal."""
    return hashlib.sha256(bytes.fromhex(salt) + hashlib.sha256(_text(document).encode()).digest()).hexdigest()


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
