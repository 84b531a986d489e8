"""Tells a running system from a stopped one: web and worker hold a shared lock that dies with them.

A restore takes the same lock alone, so it cannot begin over a process of this machine, nor can one start beneath it.
Processes on other machines are seen in the database they share (`operations.postgres_snapshot`).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.foundation.errors import Conflict

LOCK_FILE = "running.lock"
UNFINISHED_RESTORE = ".restore"  # the directory in which a restore prepares what it then moves into place
PRIVATE_MODE = 0o600


class SystemRunning(Conflict):
    """Web or worker is at work over this data directory."""

    code = "system-running"

    def __init__(self, directory: Path) -> None:
        super().__init__(f"A web or worker process is running over {directory}. Stop all of them, then try again.")


class RestoreUnfinished(Conflict):
    """A restore is under way here, or was cut off."""

    code = "restore-unfinished"

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"A restore into {directory} is under way or was cut off. If none runs, empty the directory and restore "
            "again; until then nothing starts over it."
        )


def require_whole(directory: Path) -> None:
    """Raise `RestoreUnfinished` over a directory that holds half of a restore."""
    if (directory / UNFINISHED_RESTORE).exists():
        raise RestoreUnfinished(directory)


@contextmanager
def marked_as_running(directory: Path) -> Iterator[None]:
    """While this lasts, no restore begins here. However the process ends, its mark ends with it."""
    with _locked(directory, fcntl.LOCK_SH):
        require_whole(directory)
        yield


@contextmanager
def nothing_running(directory: Path) -> Iterator[None]:
    """While this lasts, neither web nor worker starts here.

    Raises
    ------
    SystemRunning
    """
    with _locked(directory, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(directory: Path, kind: int) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SystemRunning(directory) from None
    try:
        yield
    finally:
        os.close(descriptor)
