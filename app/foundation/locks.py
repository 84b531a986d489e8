"""Make people who ask for the same thing at the same moment wait for each other, where there is no row to lock yet."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.db import begin_writing

LOCK_BYTES = 8  # PostgreSQL's advisory locks are named by a signed 64-bit integer


def hold(session: Session, *names: object) -> None:
    """Wait for every other transaction that holds the same names, then hold them to the end of this one.

    On SQLite the lock of writers does for every name: they come one at a time.
    """
    if session.get_bind().dialect.name != "postgresql":
        begin_writing(session.connection())
        return
    digest = sha256("/".join(str(name) for name in names).encode()).digest()
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:LOCK_BYTES], "big", signed=True))))
