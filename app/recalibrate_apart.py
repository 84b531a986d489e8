"""A recalibration in a process of its own, which gives way to every other one.

    python -m app.recalibrate_apart        started by the worker, which says on the standard input what is to be done

The worker holds the signing keys and runs the jobs that people wait for; arithmetic over a whole sample, and what a
cluster answers, have no business in it. The pipe stays open for as long as the worker lives; when it closes, this
process ends at once, and what it had not committed is begun anew by the next worker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from app import composition  # noqa: F401  with it come the tables of every context
from app.foundation.clock import SystemClock
from app.foundation.db import Database
from app.foundation.entropy import SystemEntropy
from app.foundation.errors import Unavailable
from app.foundation.logs import configure_logs
from app.foundation.runtime import Runtime
from app.norming.cluster import placing_on
from app.norming.recalibrate import recalibrate

# A third of the right to a processor. With the least there is it was put aside while it held SQLite's lock of writers.
NICENESS = 5
OURS = "DECILE_"  # settings, secrets and the passphrase of the keys: none is for this process


class CutShort(Unavailable):
    """The process that calculates ended before its work."""

    code = "work-cut-short"

    def __init__(self, status: int) -> None:
        super().__init__(f"The process that recalibrates ended with status {status}; its reason is in the log.")


def recalibrate_apart(runtime: Runtime, recalibration_id: str) -> None:
    """The worker's side: start the process and wait for its end.

    Raises
    ------
    CutShort
        If it ended otherwise than by finishing. What it committed stays, so that it can be asked again.
    """
    told = {
        "database_url": runtime.database.url,
        "dask_scheduler": runtime.settings.dask_scheduler,
        "recalibration_id": recalibration_id,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "app.recalibrate_apart"],
        stdin=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        start_new_session=True,  # Ctrl-C is for the worker, which ends this in its own time
    ) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        _tell(process, told)
        status = process.wait()
    if status:
        raise CutShort(status)


def _tell(process: subprocess.Popen[str], told: Mapping[str, str]) -> None:
    if process.stdin is None:
        raise RuntimeError("a process without a standard input cannot be told anything")
    with suppress(BrokenPipeError):  # it is gone already, and its status says so
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()


def main() -> None:
    """The side that calculates."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to a whole service at its stop; the worker decides how long
    configure_logs()
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin.fileno(),), name="worker's end", daemon=True).start()
    database = Database(told["database_url"])
    with placing_on(told["dask_scheduler"]) as placing:
        recalibrate(
            UUID(told["recalibration_id"]),
            database=database,
            clock=SystemClock(),
            entropy=SystemEntropy(),
            placing=placing,
        )
    database.dispose()


def _end_with(pipe: int) -> None:
    """Past Python's own file, which this thread would hold locked when the process ends by itself."""
    os.read(pipe, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
