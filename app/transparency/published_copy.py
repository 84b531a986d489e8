"""A copy of the public log as files, as anyone may keep it: written from what is signed, read back with proof."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.foundation.whole_files import write_public
from app.transparency import merkle, note, queries
from app.transparency.errors import CheckpointInvalid, CopyUnreadable
from app.transparency.queries import TILE

CHECKPOINT, KEYS = "log/checkpoint", "log/keys"
LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True)
class PublishedCopy:
    """Entries whose tree is the one that the note signs."""

    checkpoint: note.Checkpoint
    note: str
    verifier_key: str
    entries: tuple[str, ...]


def write_copy(folder: Path, *, session: Session) -> int:
    """Write what is signed below `folder`, under the names of the pages; how many entries.

    The checkpoint comes last, once what it signs is on the disk.

    Raises
    ------
    NoCheckpoint
    """
    latest = queries.checkpoint(session=session)
    for number, width in _tiles(latest.size):
        hashes = queries.hash_tile(0, number, width, session=session)
        write_public(folder / tile_path("0", number, width), hashes)
        write_public(folder / tile_path("entries", number, width), queries.entry_tile(number, width, session=session))
    write_public(folder / KEYS, "".join(f"{key}\n" for key in queries.verifier_keys(session=session)).encode())
    write_public(folder / CHECKPOINT, latest.note.encode())
    return latest.size


def read_copy(folder: Path, keys: Sequence[str]) -> PublishedCopy:
    """The copy, if one of these verifier keys signed its checkpoint and its entries are those that were signed.

    Raises
    ------
    CopyUnreadable
    """
    try:
        text = (folder / CHECKPOINT).read_text(encoding="utf-8")
        entries = tuple(_entries(folder, size=int(text.split("\n")[1])))
    except (OSError, ValueError, IndexError, struct.error) as problem:
        raise CopyUnreadable(f"a file is missing or torn ({problem})") from None
    for key in keys:
        try:
            signed = note.read(text, key)
        except CheckpointInvalid:
            continue
        if signed.root != merkle.root([merkle.leaf_hash(entry.encode()) for entry in entries]):
            raise CopyUnreadable("its entries are not those that were signed")
        return PublishedCopy(signed, text, key, entries)
    raise CopyUnreadable("no key of this log signed it")


def tile_path(kind: str, number: int, width: int) -> str:
    """Where C2SP tlog-tiles puts a tile."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    place = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"log/tile/{kind}/{place}" + (f".p/{width}" if width < TILE else "")


def _tiles(size: int) -> Iterator[tuple[int, int]]:
    """Number and width of each tile of entries."""
    for number in range(-(-size // TILE)):
        yield number, min(TILE, size - number * TILE)


def _entries(folder: Path, *, size: int) -> Iterator[str]:
    for number, width in _tiles(size):
        data = (folder / tile_path("entries", number, width)).read_bytes()
        for _ in range(width):
            (length,) = struct.unpack(">H", data[:LENGTH_BYTES])
            yield data[LENGTH_BYTES : LENGTH_BYTES + length].decode()
            data = data[LENGTH_BYTES + length :]
