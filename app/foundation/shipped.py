"""Where the folders are that travel with the program and are no Python packages.

In a checkout they stand beside `app`; in an installed wheel, where nothing stands beside it, inside it.
"""

from __future__ import annotations

from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """The folder of this name that came with the program which is running."""
    packed = PROGRAM / "shipped" / name
    return packed if packed.is_dir() else PROGRAM.parent / name


MIGRATIONS = folder("migrations")
ITEM_BANKS = folder("item_banks")
RUNBOOKS = folder("docs/runbooks")
DEPLOY = folder("deploy")
