"""Use case: one file that holds a whole bank version, as JSON or YAML, for other tools and other installations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from app.item_bank.bank_files import read_bank
from app.item_bank.errors import BankInvalid
from app.item_bank.qti_items import NotOurSubset
from app.item_bank.qti_package import package_of

FORMS = ("json", "yaml")  # one text; QTI is a package of many files
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


def export_qti(path: Path) -> bytes:
    """The bank in folder `path` as a QTI 3 content package, keys and rationales included.

    Raises
    ------
    BankInvalid
        If the bank has any problem but warnings, or a text holds a character that XML cannot.
    """
    try:
        return package_of(read_bank(path))
    except NotOurSubset as problem:
        raise BankInvalid(path, [problem]) from None


def as_yaml(data: Any) -> str:
    """YAML in the order of the data, without aliases, which `decile bank check` refuses."""
    written: str = yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=LINE)
    return written


class _Plain(yaml.SafeDumper):
    """Writes equal values out instead of referring to the first."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the base class passes it
        return True
