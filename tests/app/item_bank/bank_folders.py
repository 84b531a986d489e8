"""Copies of the shipped bank that tests may spoil, and the actor who releases them."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.foundation.access import operator

ITEM_BANKS = Path(__file__).resolve().parents[3] / "item_banks"
SHIPPED = ITEM_BANKS / "collaboration" / "v1"
OPERATOR = operator()


def a_bank_folder(root: Path, *, version: int = 1) -> Path:
    """A copy of the shipped collaboration bank under `root`, as version `version`."""
    folder = root / "collaboration" / f"v{version}"
    shutil.copytree(SHIPPED, folder)
    shutil.copy(ITEM_BANKS / "skills.yaml", root / "skills.yaml")
    replace(folder / "bank.yaml", "version: 1", f"version: {version}")
    return folder


def replace(file: Path, old: str, new: str) -> int:
    """Replace the first `old` in `file`; the line on which it stood."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} does not hold {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1
