"""A matrix of response codes as a few bytes: one row of the database holds a whole sample."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def pack(codes: NDArray[np.int8]) -> bytes:
    """`codes`, shape (people, items), -1 missing, row by row and compressed."""
    return zlib.compress(codes.astype(np.int8, copy=False).tobytes())


def unpack(packed: bytes, columns: int) -> NDArray[np.int8]:
    """The matrix that was packed."""
    return np.frombuffer(zlib.decompress(packed), dtype=np.int8).reshape(-1, columns)


def sha256_of(codes: NDArray[np.int8], columns: Sequence[str]) -> str:
    """Fingerprint of the responses and of what their columns are; compression plays no part in it."""
    digest = hashlib.sha256("\x1f".join(columns).encode() + b"\x1e")
    digest.update(codes.astype(np.int8, copy=False).tobytes())
    return digest.hexdigest()


def pack_labels(values: Sequence[str]) -> tuple[list[str], bytes]:
    """The different labels in alphabetical order, and the number of each person's, compressed."""
    labels, numbers = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return [str(label) for label in labels], zlib.compress(numbers.astype("<u2").tobytes())


def unpack_labels(packed: bytes) -> NDArray[np.int64]:
    """The number of each person's label."""
    return np.frombuffer(zlib.decompress(packed), dtype="<u2").astype(np.int64)
