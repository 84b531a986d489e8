"""The attachments of a PDF, read without a PDF library.

A stream's dictionary always stands in plain sight before its bytes (ISO 32000-1, 7.3.8: no stream is inside another
one), so embedded files can be found by their type. Each is inflated to a limit and no further; nothing else is touched,
so a bomb elsewhere in the file stays asleep. Encrypted files and other filters are not read: no attachment is found.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from app.credentials.errors import CarrierUnreadable

SIGNATURE = b"%PDF-"
LONGEST_DICTIONARY = 2000
MOST_STREAMS = 5000
MOST_ATTACHMENTS = 16
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_EMBEDDED = re.compile(rb"/Type\s{0,8}/EmbeddedFile(?![A-Za-z])")
_FILTER = re.compile(rb"/Filter\s{0,8}(?:\[\s{0,8}/FlateDecode\s{0,8}\]|/FlateDecode(?![A-Za-z]))")
_LENGTH = re.compile(rb"/Length\s{1,8}(\d{1,9})(?!\s+\d+\s+R)")


def attachments(file: bytes, *, largest: int) -> Iterator[bytes]:
    """The bytes of each embedded file.

    Raises
    ------
    CarrierUnreadable
        If one is broken, or longer than `largest` bytes.
    """
    embedded = [place for place in _streams(file) if _EMBEDDED.search(place.dictionary)]
    if len(embedded) > MOST_ATTACHMENTS:
        raise CarrierUnreadable
    for place in embedded:
        yield _content(place.dictionary, file[place.start :], largest)


class _Stream(NamedTuple):
    dictionary: bytes
    start: int


def _streams(file: bytes) -> list[_Stream]:
    """Every stream: what stands between its `obj` and `stream`, and where its bytes begin."""
    found = []
    for keyword in islice(_STREAM.finditer(file), MOST_STREAMS):
        begin = file.rfind(b"obj", max(0, keyword.start() - LONGEST_DICTIONARY), keyword.start())
        if begin >= 0:
            found.append(_Stream(file[begin : keyword.start()], keyword.end()))
    return found


def _content(dictionary: bytes, rest: bytes, largest: int) -> bytes:
    if _FILTER.search(dictionary):
        return _inflated(rest, largest)
    length = _LENGTH.search(dictionary)
    if b"/Filter" in dictionary or length is None or int(length[1]) > min(largest, len(rest)):
        raise CarrierUnreadable
    return rest[: int(length[1])]


def _inflated(packed: bytes, largest: int) -> bytes:
    inflator = zlib.decompressobj()
    try:
        content = inflator.decompress(packed, largest + 1)
    except zlib.error:
        raise CarrierUnreadable from None
    if not inflator.eof or len(content) > largest:
        raise CarrierUnreadable
    return content
