"""One web process and one worker over the Collaboration installation, started singly and timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.journeys import collaboration
from tests.journeys.collaboration import Collaboration
from tests.journeys.installation import Installation
from tests.postgres_server import fresh_postgres_database

PROCESSES = ("web", "worker-0")
PATIENCE_SECONDS = 60


@contextmanager
def installed(kind: str, directory: Path, policy: str = collaboration.POLICY) -> Iterator[Collaboration]:
    """A running installation over an empty database of this kind."""
    with ExitStack() as stack:
        url = "" if kind == "sqlite" else stack.enter_context(fresh_postgres_database())
        installation = Installation(directory, database_url=url, policy=policy)
        world = collaboration.prepare(installation)
        stack.callback(world.dispose)
        with installation:
            start(installation, *PROCESSES)
            yield world


def start(installation: Installation, *names: str) -> dict[str, float]:
    """Start these processes and wait for each; seconds until it was at work, less those it queued for a processor."""
    starts_before = worker_starts(installation)
    began = time.monotonic()
    for name in names:
        installation.start(name.partition("-")[0], name)
    seconds = {}
    if "web" in names:
        installation.wait_until_up()
        seconds["web"] = time.monotonic() - began - queued_seconds(installation, "web")
    if "worker-0" in names:
        while worker_starts(installation) == starts_before:
            assert time.monotonic() - began < PATIENCE_SECONDS
            assert installation.processes["worker-0"].poll() is None
            time.sleep(0.01)
        seconds["worker-0"] = time.monotonic() - began - queued_seconds(installation, "worker-0")
    return seconds


def queued_seconds(installation: Installation, name: str) -> float:
    """How long its main thread was ready and had no processor, which says more of this machine than of Decile."""
    found = Path(f"/proc/{installation.processes[name].pid}/schedstat")
    return int(found.read_text().split()[1]) / 1e9 if found.exists() else 0.0


def worker_starts(installation: Installation) -> int:
    log = installation.data / "worker-0.log"
    return log.read_bytes().count(b"worker.started") if log.exists() else 0
