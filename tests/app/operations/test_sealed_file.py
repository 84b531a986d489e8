"""A sealed file opens whole, under its passphrase, unchanged, or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from app.operations import sealed_file
from app.operations.errors import BackupUnreadable
from app.operations.sealed_file import TAG_BYTES, SealingWriter, UnsealingReader

PASSPHRASE = "a long passphrase of tests"
PIECE = 64


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces, so that a short text has several; a cheap key, because here nobody guesses."""
    monkeypatch.setattr(sealed_file, "PIECE_BYTES", PIECE)
    monkeypatch.setattr(sealed_file, "SCRYPT_N", 2)


def sealed(plain: bytes, passphrase: str = PASSPHRASE) -> bytes:
    out = io.BytesIO()
    writer = SealingWriter(out, passphrase)
    for place in range(0, len(plain), 37):
        writer.write(plain[place : place + 37])
    writer.finish()
    return out.getvalue()


def opened(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return io.BufferedReader(UnsealingReader(io.BytesIO(data), Path("x.backup"), passphrase)).read()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 1000])
def test_what_was_sealed_is_opened(size):
    plain = bytes(number % 251 for number in range(size))
    assert opened(sealed(plain)) == plain


def test_every_changed_byte_is_noticed():
    data = sealed(b"x" * 200)
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(BackupUnreadable):
            opened(changed)


def test_every_shorter_and_longer_file_is_refused():
    data = sealed(b"x" * 200)
    for length in range(len(data)):
        with pytest.raises(BackupUnreadable):
            opened(data[:length])
    with pytest.raises(BackupUnreadable):
        opened(data + b"x")


def test_pieces_that_change_places_are_noticed():
    data = sealed(b"x" * 300)
    start, step = data.index(b"\n", data.index(b"\n") + 1) + 1, PIECE + TAG_BYTES
    swapped = (
        data[:start] + data[start + step : start + 2 * step] + data[start : start + step] + data[start + 2 * step :]
    )
    with pytest.raises(BackupUnreadable):
        opened(swapped)


def test_another_passphrase_opens_nothing_and_the_text_is_not_in_the_file():
    data = sealed(b"somebody@example.org" * 10)
    assert b"somebody" not in data
    with pytest.raises(BackupUnreadable):
        opened(data, "another passphrase of tests")
    assert sealed(b"the same") != sealed(b"the same")
