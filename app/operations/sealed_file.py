"""Files encrypted in pieces, so that one of any size passes through little memory and no piece can be moved or cut off.

AES-256-GCM under a key that scrypt derives from a passphrase. Each piece's nonce is a random prefix, the piece's number
and whether it is the last (STREAM: Hoang, Reyhanitabar, Rogaway and Vizár, 2015); the header is authenticated with
every piece.
"""

from __future__ import annotations

import base64
import io
import json
import secrets
import struct
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.operations.errors import BackupUnreadable

MAGIC = b"decile-backup 1\n"
PIECE_BYTES = 1 << 20
TAG_BYTES = 16
PREFIX_BYTES = 7  # with a counter of 4 bytes and the mark of the last piece: the 12 bytes of a GCM nonce
SALT_BYTES = 16
KEY_BYTES = 32
SCRYPT_N = 2**17  # as for the signing keys: 128 MiB, about .3 s
SCRYPT_R = 8
SCRYPT_P = 1
LONGEST_HEADER = 1000
DAMAGED = "the passphrase does not open it, or it was changed or cut short"


class _Pieces:
    """Numbers the pieces and opens or closes each."""

    def __init__(self, header: bytes, passphrase: str, *, salt: bytes, prefix: bytes) -> None:
        key = Scrypt(salt=salt, length=KEY_BYTES, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())
        self._cipher, self._header, self._prefix, self._number = AESGCM(key), header, prefix, 0

    def _nonce(self, *, last: bool) -> bytes:
        nonce = self._prefix + struct.pack(">IB", self._number, last)
        self._number += 1
        return nonce

    def seal(self, piece: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), piece, self._header)

    def open(self, piece: bytes, *, last: bool) -> bytes:
        return self._cipher.decrypt(self._nonce(last=last), piece, self._header)


class SealingWriter(io.RawIOBase):
    """What is written comes out encrypted. Only `finish` writes the last piece: without it the file never opens."""

    def __init__(self, out: BinaryIO, passphrase: str) -> None:
        salt, prefix = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(PREFIX_BYTES)
        named = {"salt": base64.b64encode(salt).decode(), "prefix": base64.b64encode(prefix).decode()}
        header = MAGIC + json.dumps(named).encode() + b"\n"
        self._out, self._pieces = out, _Pieces(header, passphrase, salt=salt, prefix=prefix)
        self._waiting = bytearray()
        out.write(header)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Take `data`; whole pieces go out as soon as more is known to follow."""
        self._waiting += memoryview(data)
        while len(self._waiting) > PIECE_BYTES:
            self._out.write(self._pieces.seal(bytes(self._waiting[:PIECE_BYTES]), last=False))
            del self._waiting[:PIECE_BYTES]
        return len(memoryview(data))

    def finish(self) -> None:
        """Write the last piece."""
        self._out.write(self._pieces.seal(bytes(self._waiting), last=True))


class UnsealingReader(io.RawIOBase):
    """Reads what a `SealingWriter` wrote; any change, and any end but the true one, raises `BackupUnreadable`."""

    def __init__(self, file: BinaryIO, path: Path, passphrase: str) -> None:
        self._file, self._path = file, path
        header = file.read(len(MAGIC)) + file.readline(LONGEST_HEADER)
        if not header.startswith(MAGIC):
            raise BackupUnreadable(path, "it is no backup made by `decile backup`")
        try:
            named = json.loads(header[len(MAGIC) :])
            salt, prefix = (base64.b64decode(named[name], validate=True) for name in ("salt", "prefix"))
        except (ValueError, TypeError, KeyError):
            raise BackupUnreadable(path, DAMAGED) from None
        self._pieces = _Pieces(header, passphrase, salt=salt, prefix=prefix)
        self._next = self._read_piece()
        self._opened, self._ended = b"", False

    def _read_piece(self) -> bytes:
        return self._file.read(PIECE_BYTES + TAG_BYTES)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the piece in hand goes; 0 at the true end."""
        while not self._opened and not self._ended:
            self._open_next()
        into = memoryview(buffer)
        taken = self._opened[: len(into)]
        into[: len(taken)] = taken
        self._opened = self._opened[len(taken) :]
        return len(taken)

    def _open_next(self) -> None:
        piece, self._next = self._next, self._read_piece()
        self._ended = not self._next
        try:
            self._opened = self._pieces.open(piece, last=self._ended)
        except (InvalidTag, ValueError):
            raise BackupUnreadable(self._path, DAMAGED) from None
