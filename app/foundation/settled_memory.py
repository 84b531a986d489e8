"""How a process that runs for weeks keeps its memory: what lives as long as it does, and what comes and goes.

A full collection looks at every object there is: measured under load, it held a web process for .18 s and a worker for
.52 s, the latter in the middle of a transaction on which every other writer waited. What a process loads at its start
need not be looked through for garbage.

The C library gives each thread a heap of its own, from which little is ever returned: a web process at ten responses a
second grew by 1.2 MB a minute for as long as anybody looked, while the objects in it stayed as many as they were. With
one heap, whose free ends are given back, it grew by 5 MB in 47 minutes.
"""

from __future__ import annotations

import ctypes
import gc
import threading
import time

M_ARENA_MAX = -8  # of <malloc.h>
SECONDS_BETWEEN_RETURNS = 60.0


def defer() -> None:
    """Look for no garbage until `settle`: while a process loads there is little, and looking takes a tenth of it."""
    gc.disable()


def settle() -> None:
    """Free what the start left behind, and leave the rest out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.enable()


def keep_one_heap() -> None:
    """Let all threads share one heap, and give back what is free in it once a minute; to be called before any begins.

    Where the C library knows nothing of this, as on other systems, nothing happens.
    """
    library = ctypes.CDLL(None)
    if not (hasattr(library, "mallopt") and hasattr(library, "malloc_trim")):
        return
    library.mallopt(M_ARENA_MAX, 1)
    threading.Thread(target=_give_back, args=(library,), name="memory", daemon=True).start()


def _give_back(library: ctypes.CDLL) -> None:
    while True:
        time.sleep(SECONDS_BETWEEN_RETURNS)
        library.malloc_trim(0)
