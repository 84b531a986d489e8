"""What a power cut leaves of a directory: what was synced, and of the rest whatever chance lets through.

Strict as POSIX is: a sync of a file keeps the bytes that were in it before the sync began, and nothing else; a name
made, moved or deleted is kept once its directory is synced. What was not kept may be gone, there in part, or torn
within a page, in any order of the writes; names alone keep their order, as every journaling file system has it.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

RECORD = struct.Struct("=IIQQ")  # kind, bytes of the path, offset, bytes that follow the path
SECTOR_BYTES = 512  # that a disk writes whole or not at all


class Kind(IntEnum):
    """As in shim.c."""

    OPENED = 1
    WRITTEN = 2
    CUT = 3
    SYNCED = 4
    RENAMED = 5
    UNLINKED = 6
    LINKED = 7


MOVING = (Kind.RENAMED, Kind.LINKED)  # what gives a file a name that is told after the first


class Mercy(StrEnum):
    """What becomes of bytes that were not synced."""

    NONE = "none is there"
    SOME = "each write is there or not"
    TORN = "each sector is there or not"
    ALL = "all are there"


@dataclass(frozen=True)
class Change:
    """One record of the log: what was done, and where the record begins."""

    at: int
    kind: Kind
    path: str
    offset: int
    data: bytes


def changes(log: Path) -> Iterator[Change]:
    """Every record, in order."""
    at = 0
    with log.open("rb") as file:
        while head := file.read(RECORD.size):
            kind, path_bytes, offset, count = RECORD.unpack(head)
            path = file.read(path_bytes).decode()
            yield Change(at, Kind(kind), path, offset, file.read(count))
            at += RECORD.size + path_bytes + count


@dataclass
class File:
    """What is certainly there, and what was done to it since."""

    kept: bytearray = field(default_factory=bytearray)
    open_changes: list[Change] = field(default_factory=list)

    def sync(self, before: int) -> None:
        """Keep what was recorded before this."""
        for change in self.open_changes:
            if change.at < before:
                _apply(change, self.kept)
        self.open_changes = [change for change in self.open_changes if change.at >= before]

    def after_a_cut(self, mercy: Mercy, chance: random.Random) -> bytes:
        """The bytes that are found in it."""
        found = bytearray(self.kept)
        for change in self.open_changes:
            for part in _parts(change) if mercy is Mercy.TORN else (change,):
                if mercy is Mercy.ALL or (mercy in (Mercy.SOME, Mercy.TORN) and chance.random() < 0.5):
                    _apply(part, found)
        return bytes(found)


def _parts(change: Change) -> Iterator[Change]:
    """The sectors of a write."""
    if change.kind is not Kind.WRITTEN:
        yield change
        return
    for start in range(0, len(change.data), SECTOR_BYTES):
        data = change.data[start : start + SECTOR_BYTES]
        yield Change(change.at, change.kind, change.path, change.offset + start, data)


def _apply(change: Change, content: bytearray) -> None:
    if change.kind is Kind.CUT:
        content[:] = content[: change.offset].ljust(change.offset, b"\0")
        return
    if len(content) < change.offset:
        content.extend(bytes(change.offset - len(content)))
    content[change.offset : change.offset + len(change.data)] = change.data


class Remains:
    """A directory as the disk has it, followed through the log; look at it at as many instants as you like, in order.

    With `believes_syncs=False` it is a disk that says it has synced and has not, which a test must find out.
    """

    def __init__(self, base: Path, root: Path, log: Path, *, believes_syncs: bool = True) -> None:
        """`base` is a copy of `root` from before the log began; all of it is kept."""
        self._root, self._believes_syncs = str(root.resolve()), believes_syncs
        self._kept_names = {
            f"{self._root}/{file.relative_to(base)}": File(bytearray(file.read_bytes()))
            for file in sorted(base.rglob("*"))
            if file.is_file() and not file.name.endswith("-shm")
        }
        self._names = dict(self._kept_names)
        self._open_names: list[tuple[Change, File | None]] = []
        self._changes, self._next = changes(log), None

    def go_on_to(self, instant: int) -> None:
        """Everything that was recorded before this instant has happened."""
        while (change := self._next or next(self._changes, None)) is not None:
            if change.at >= instant:
                self._next = change
                return
            self._next = None
            self._happen(change)

    def _happen(self, change: Change) -> None:
        if change.kind is Kind.SYNCED:
            if self._believes_syncs:
                self._sync(change)
        elif change.kind in (Kind.RENAMED, Kind.UNLINKED, Kind.LINKED):
            self._name(change, self._names.get(change.path))
        else:
            self._change(change)

    def _change(self, change: Change) -> None:
        file = self._names.get(change.path)
        if file is None:
            file = File()
            self._name(change, file)
        if change.kind is Kind.OPENED and change.offset:
            file.open_changes.append(Change(change.at, Kind.CUT, change.path, 0, b""))
        elif change.kind is not Kind.OPENED:
            file.open_changes.append(change)

    def _name(self, change: Change, file: File | None) -> None:
        self._open_names.append((change, file))
        _rename(change, file, self._names)

    def _sync(self, change: Change) -> None:
        if (file := self._names.get(change.path)) is not None:
            file.sync(change.offset)
            return
        covered = [pair for pair in self._open_names if _is_in(change.path, pair[0]) and pair[0].at < change.offset]
        for name, named in covered:
            _rename(name, named, self._kept_names)
        self._open_names = [pair for pair in self._open_names if pair not in covered]

    def lay_out(self, place: Path, mercy: Mercy, chance: random.Random) -> int:
        """Write what a cut at this instant leaves into `place`; how many bytes were not synced."""
        names, through = dict(self._kept_names), len(self._open_names)
        if mercy is not Mercy.ALL:
            through = 0 if mercy is Mercy.NONE else chance.randint(0, through)
        for change, file in self._open_names[:through]:
            _rename(change, file, names)
        for name, file in names.items():
            target = place / name[len(self._root) + 1 :]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.after_a_cut(mercy, chance))
        return sum(len(change.data) for file in self._names.values() for change in file.open_changes)


def _rename(change: Change, file: File | None, names: dict[str, File]) -> None:
    if change.kind in MOVING and file is not None:
        if change.kind is Kind.RENAMED:
            names.pop(change.path, None)
        names[change.data.decode()] = file
    elif change.kind is Kind.UNLINKED:
        names.pop(change.path, None)
    elif file is not None:
        names[change.path] = file


def _is_in(directory: str, change: Change) -> bool:
    """Whether this change of a name is one of this directory."""
    name = change.data.decode() if change.kind in MOVING else change.path
    return name.rpartition("/")[0] == directory
