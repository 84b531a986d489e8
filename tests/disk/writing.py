"""Writes as our processes do, and says what it was told is kept: `python -m tests.disk.writing URL [SYNCHRONOUS]`.

A line for every person who is acknowledged, with the length of the disk's record by then; it ends when its input does.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.accounts.models import Consent, Person
from app.foundation.db import Database

AT_ONCE = 2
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def write_until(ending: threading.Event, database: Database, log: Path) -> None:
    """One person after the other; whoever could not be kept is not acknowledged."""
    while not ending.is_set():
        person = uuid4()
        try:
            with database.transaction() as session:
                session.add(Person(id=person, email=f"{person}@example.org", language="en", known_since_at=AT))
                session.flush()
                session.add(Consent(id=uuid4(), person_id=person, kind="take", version=1, given_at=AT))
        except OperationalError as refusal:
            sys.stdout.write(f"- {refusal.orig}\n")
        else:
            sys.stdout.write(f"{log.stat().st_size} {person}\n")
        sys.stdout.flush()


def main(url: str, synchronous: str = "") -> None:
    database, ending = Database(url), threading.Event()
    if synchronous:  # a defect to be found, planted past the settings of ours
        event.listen(database.writing, "connect", lambda c, _: c.execute(f"PRAGMA synchronous={synchronous}"))
    arguments = (ending, database, Path(os.environ["DISK_LOG"]))
    threads = [threading.Thread(target=write_until, args=arguments) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ending.set()
    for thread in threads:
        thread.join()
    database.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
