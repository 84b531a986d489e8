"""Copies of the shipped bank that tests may spoil, and the actor who releases them."""

from __future__ import annotations

import json
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


def another_skills_bank(root: Path, *, statement: str) -> Path:
    """A bank of adaptability under `root` that asks `statement` and one scenario unlike any other."""
    folder = root / "adaptability" / "v1"
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED / "bank.yaml", folder)
    about = {"facet": "let_go", "difficulty_intent": "hard", "incident": "Something was moved."}
    asked = {**about, "code": "ada-s01", "keyed": 1, "text": {"en": statement, "fr": "porté de l’eau ?"}}
    options = [{"key": 1, "en": f"Do {word}.", "fr": f"Faire {word}.", "rationale": word} for word in "αβγδ"]
    scenario = {**about, "code": "ada-j01", "place": "farm", "tension": "old against new", "options": options}
    scenario["situation"] = {"en": "The well is dry.", "fr": "Le puits est à sec."}
    for name, key, entry in (("items", "statements", asked), ("scenarios", "scenarios", scenario)):
        written = json.dumps({key: [entry]}, ensure_ascii=False, indent=1)
        (folder / f"{name}.yaml").write_text(written, encoding="utf-8")
    return folder


def replace(file: Path, old: str, new: str) -> int:
    """Replace the first `old` in `file`; the line on which it stood."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} does not hold {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1
