"""Use case: one file that holds a whole bank version, as JSON or YAML, for other tools and other installations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from app.item_bank.bank_files import read_bank

FORMS = ("json", "yaml")
LINE = 120  # characters


def export_bank(path: Path, form: str) -> str:
    """The bank in folder `path` as one document: `{"bank", "statements", "scenarios"}`, keys and rationales included.

    Raises
    ------
    BankInvalid
        If the bank has any problem but warnings.
    """
    files = read_bank(path)
    document = {"bank": files.bank, "statements": files.statements, "scenarios": files.scenarios}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n" if form == "json" else as_yaml(document)


def as_yaml(data: Any) -> str:
    """YAML in the order of the data, without aliases, which `decile bank check` refuses."""
    written: str = yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=LINE)
    return written


class _Plain(yaml.SafeDumper):
    """Writes equal values out instead of referring to the first."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the base class passes it
        return True
