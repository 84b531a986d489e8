"""Read every hostile file in a process that may take little memory and little time: `python -m` this.

One line for each: its name, what became of it, seconds of the processor. The kernel ends the process at the limit of
time; at that of memory Python says so, and nothing here catches it.
"""

from __future__ import annotations

import resource
import sys
import time
import zlib
from pathlib import Path

from app.credentials import png_carrier
from app.foundation.errors import DecileError
from app.verification.carried import carried
from tests.app.verification.hostile_files import BOMB, HOSTILE_FILES

MEMORY_BYTES, SECONDS = 64 << 20, 3
GREEDY = "greedy"  # what a reader without limits does with the bomb, to see that the limit is one


def main(what: str) -> None:
    for harmless in (b"{}", b"%PDF-1.7\n", b"<svg/>", png_carrier.SIGNATURE):  # libraries come before the limit
        _outcome(harmless)
    in_use = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY_BYTES, in_use + MEMORY_BYTES))
    if what == GREEDY:
        zlib.decompress(BOMB)
    for name, content in HOSTILE_FILES:
        spent = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS, resource.RLIM_INFINITY))
        began = time.process_time()
        print(f"{name}\t{_outcome(content)}\t{time.process_time() - began:.2f}", flush=True)


def _outcome(content: bytes) -> str:
    try:
        carried(content)
    except DecileError as refusal:
        return refusal.code
    return "read"


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
