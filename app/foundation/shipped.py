"""Where the folders are that travel with the program and are no Python packages, and what it draws pages with.

In a checkout they stand beside `app`; in an installed wheel, where nothing stands beside it, inside it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1]
DRAWN_WITH = frozenset({".py", ".html", ".svg", ".typ", ".css", ".mo", ".png"})  # programs write words and figures too


def folder(name: str) -> Path:
    """The folder of this name that came with the program which is running."""
    packed = PROGRAM / "shipped" / name
    return packed if packed.is_dir() else PROGRAM.parent / name


MIGRATIONS = folder("migrations")
ITEM_BANKS = folder("item_banks")
RUNBOOKS = folder("docs/runbooks")
DEPLOY = folder("deploy")


@cache
def drawing() -> str:
    """Hash of what pages, badges and papers are drawn with: another release may draw the same facts otherwise.

    Taken when a process starts, so that it is the hash of what it runs, whatever is put in its place meanwhile.
    """
    files = sorted(file for file in PROGRAM.rglob("*") if file.suffix in DRAWN_WITH)
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
