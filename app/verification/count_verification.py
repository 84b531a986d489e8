"""Somebody other than the holder looked at a certificate: counted by day, so that the holder knows it is used."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from app.foundation.clock import Clock
from app.foundation.db import Database
from app.verification.models import VerificationCount

log = structlog.get_logger("decile.verification")


def count_verification(credential_id: UUID, *, database: Database, clock: Clock) -> None:
    """Add one, in a transaction of its own: an answer about a certificate never waits for, or fails with, its count."""
    dialect = sqlite if database.is_sqlite else postgresql
    row = dialect.insert(VerificationCount).values(credential_id=credential_id, counted_on=clock.now().date(), times=1)
    more = {"times": VerificationCount.times + 1}
    try:
        with database.transaction() as session:
            session.execute(row.on_conflict_do_update(index_elements=["credential_id", "counted_on"], set_=more))
    except (DBAPIError, NoConnectionLeft) as fault:
        log.warning("verification.not_counted", error=type(fault).__name__)
