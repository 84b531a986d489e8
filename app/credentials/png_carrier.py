"""A PNG that carries a credential: one uncompressed iTXt chunk `openbadgecredential` (Open Badges 3.0, 5.3.1)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from app.credentials.errors import CarrierUnreadable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
FRAME = b"\0\0\0\0\0"  # end of keyword, not compressed, method 0, no language, no translated keyword


def bake(picture: bytes, credential: str) -> bytes:
    """The picture with the credential inside, right after its header."""
    chunks = [chunk for kind, chunk in _chunks(picture) if not _is_ours(kind, chunk)]
    return SIGNATURE + b"".join((chunks[0], _chunk(b"iTXt", KEYWORD + FRAME + credential.encode()), *chunks[1:]))


def carried(picture: bytes) -> str | None:
    """The credential inside; None if there is none.

    Raises
    ------
    CarrierUnreadable
        If the file is cut short or changed, carries two, or carries one compressed: then nobody can say what it holds.
    """
    found = [chunk[8:-4] for kind, chunk in _chunks(picture) if _is_ours(kind, chunk)]
    if not found:
        return None
    if len(found) > 1 or not found[0].startswith(KEYWORD + FRAME):
        raise CarrierUnreadable
    try:
        return found[0].removeprefix(KEYWORD + FRAME).decode()
    except UnicodeDecodeError:
        raise CarrierUnreadable from None


def _is_ours(kind: bytes, chunk: bytes) -> bool:
    return kind in (b"iTXt", b"tEXt", b"zTXt") and chunk[8:].startswith(KEYWORD + b"\0")


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and whole bytes of each chunk: length, kind, data, check sum."""
    if not picture.startswith(SIGNATURE):
        raise CarrierUnreadable
    position = len(SIGNATURE)
    while position < len(picture):
        end = position + 12 + int.from_bytes(picture[position : position + 4])
        chunk = picture[position:end]
        if end > len(picture) or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise CarrierUnreadable
        yield chunk[4:8], chunk
        position = end


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
