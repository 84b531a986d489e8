"""One heap for all threads, in a process of its own: what was set cannot be taken back."""

from __future__ import annotations

import subprocess
import sys

import pytest

THREADS_THAT_ALLOCATE = """
import re, sys, threading
from app.foundation import settled_memory
if sys.argv[1] == "one":
    settled_memory.keep_one_heap()
together = threading.Barrier(8)
def allocate():
    together.wait()
    kept = [bytearray(50_000) for _ in range(20)]
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
reserved = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) ---p", re.M).findall(open("/proc/self/maps").read())
print(sum(32 << 20 < int(end, 16) - int(start, 16) <= 64 << 20 for start, end in reserved))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="heaps are told apart by Linux's /proc and glibc")
def test_all_threads_share_one_heap() -> None:
    def heaps(how: str) -> int:
        ran = subprocess.run(
            [sys.executable, "-c", THREADS_THAT_ALLOCATE, how], capture_output=True, text=True, check=True
        )
        return int(ran.stdout)

    assert heaps("as it comes") >= 2, "nothing to see: is this another C library?"
    assert heaps("one") == 0
