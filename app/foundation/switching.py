"""How soon a thread of a serving process gives way to another one."""

from __future__ import annotations

import sys

# Python's own 5 ms let a thread that holds the database's write lock wait behind every page that is drawn and every
# sitting that is looked at, in whichever process it is, and with it every other writer.
SECONDS = 0.0005


def switch_often() -> None:
    """For processes whose threads write and calculate side by side; to be called once they have started."""
    sys.setswitchinterval(SECONDS)
