"""A recalibration in a process of its own: it gives way, holds no secret, and ends with the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from app import worker
from app.norming.recalibration import Progress
from app.recalibrate_apart import NICENESS, CutShort
from tests.app.foundation.effects import REPOSITORY, wait_until
from tests.app.norming.test_recalibrate import N, begin, editor, view  # noqa: F401  fixtures

A_WORKER = """
import sys
from types import SimpleNamespace
from app.recalibrate_apart import recalibrate_apart
recalibrate_apart(SimpleNamespace(database=SimpleNamespace(url=sys.argv[1]),
                                  settings=SimpleNamespace(dask_scheduler="")), sys.argv[2])
"""
NICE_FIELD = 18  # of /proc/<pid>/stat, counted from 0 (proc_pid_stat(5))

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # as the recalibration's own tests


def recalibrate(runtime, recalibration_id):
    worker.JOBS["recalibrate"](runtime, recalibration_id=str(recalibration_id))


def children(parent: int) -> list[int]:
    """Our processes that calculate for this one."""
    listed = Path(f"/proc/{parent}/task").glob("*/children")
    found = [int(child) for tasks in listed for child in tasks.read_text().split()]
    return [child for child in found if b"app.recalibrate_apart" in _command(child)]


def _command(pid: int) -> bytes:
    """How it was started; nothing once it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def is_alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


@contextmanager
def held_up(runtime):
    """Nobody else writes meanwhile, so a recalibration waits before its first phase."""
    with runtime.database.writing.connect() as connection, connection.begin():
        yield


@contextmanager
def calculating(runtime, recalibration_id):
    """The process of a recalibration that runs in the background, held up; and how it ended, at the end."""
    ended: list[BaseException | None] = []

    def work():
        try:
            recalibrate(runtime, recalibration_id)
            ended.append(None)
        except CutShort as cut:
            ended.append(cut)

    thread = threading.Thread(target=work)
    with held_up(runtime):
        thread.start()
        wait_until(lambda: children(os.getpid()))
        yield children(os.getpid())[0], ended
    thread.join(60)


def test_it_gives_way_to_everything_else_is_told_no_secret_and_killed_is_begun_again(runtime, editor, monkeypatch):  # noqa: F811
    monkeypatch.setenv("DECILE_KEY_PASSPHRASE", "known to the worker alone")
    recalibration_id = begin(runtime, editor)
    with calculating(runtime, recalibration_id) as (child, ended):
        wait_until(lambda: _ignores(child, signal.SIGTERM))
        place = Path(f"/proc/{child}")
        niceness = int((place / "stat").read_text().rpartition(")")[2].split()[NICE_FIELD - 2])
        assert niceness == os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
        assert b"DECILE_" not in (place / "environ").read_bytes()
        assert b"sqlite" not in (place / "cmdline").read_bytes()  # with PostgreSQL there is a password in it
        assert os.getsid(child) != os.getsid(0)  # Ctrl-C at the worker is not for it
        os.kill(child, signal.SIGTERM)
        assert is_alive(child)
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: ended)
    assert [str(cut) for cut in ended] == [str(CutShort(-signal.SIGKILL))]
    assert view(runtime, recalibration_id).is_open
    recalibrate(runtime, recalibration_id)
    found = view(runtime, recalibration_id)
    assert found.progress is Progress.DONE
    assert found.found["sample"]["people"] == N - 30


def test_it_does_not_outlive_its_worker(runtime, editor):  # noqa: F811
    recalibration_id = begin(runtime, editor)
    with held_up(runtime):
        command = [sys.executable, "-c", A_WORKER, runtime.database.url, str(recalibration_id)]
        with subprocess.Popen(command, cwd=REPOSITORY) as parent:
            wait_until(lambda: children(parent.pid) and _ignores(children(parent.pid)[0], signal.SIGTERM))
            (child,) = children(parent.pid)
            parent.kill()
            wait_until(lambda: not is_alive(child), seconds=10)
    assert view(runtime, recalibration_id).is_open


def _ignores(pid: int, number: signal.Signals) -> bool:
    """Whether it has come so far as to ignore this signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask.split()[1], 16) >> (number - 1) & 1)
