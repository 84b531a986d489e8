"""What changed from one version of a bank to another, item by item, for people who review it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.item_bank.bank_files import BankFiles

IGNORED = ("version", "written")  # of bank.yaml: they always differ
ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One item, or the words around all items, that was added, removed or changed at `field`."""

    item: str  # code; "bank" for what stands around the items
    what: str
    field: str = ""
    before: Any = None
    after: Any = None

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)

    def __str__(self) -> str:
        if self.what != CHANGED:
            return f"{self.item}: {self.what}" + (f" ({self.after or self.before})" if self.field else "")
        return f"{self.item}: {self.field}\n  - {self.before}\n  + {self.after}"


def differences(before: BankFiles, after: BankFiles) -> tuple[Difference, ...]:
    """Every difference: the bank's own words first, then items by code. An item moved in its file is none."""
    own = [{name: value for name, value in files.bank.items() if name not in IGNORED} for files in (before, after)]
    items = [_by_code(files) for files in (before, after)]
    return (*changes("bank", *own), *_item_differences(*items))


def _by_code(files: BankFiles) -> dict[str, Mapping[str, Any]]:
    return {entry["code"]: entry for entry in (*files.statements, *files.scenarios)}


def _item_differences(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Difference]:
    for code in sorted(before.keys() | after.keys()):
        if code not in after:
            yield Difference(code, REMOVED, "text", before=_headline(before[code]))
        elif code not in before:
            yield Difference(code, ADDED, "text", after=_headline(after[code]))
        else:
            yield from changes(code, before[code], after[code])


def _headline(entry: Mapping[str, Any]) -> str:
    return str(entry["tension"] if "tension" in entry else entry["text"]["en"])


def changes(item: str, before: Any, after: Any) -> Iterator[Difference]:
    """Every value of the two that differs, by its field."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    for field in dict.fromkeys((*old, *new)):
        if old.get(field) != new.get(field):
            yield Difference(item, CHANGED, field, old.get(field), new.get(field))


def _leaves(value: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, f"{field}.{name}" if field else str(name))
    elif isinstance(value, list):
        for number, part in enumerate(value, start=1):
            yield from _leaves(part, f"{field}[{number}]")
    else:
        yield field, value.strip() if isinstance(value, str) else value
