"""Merkle trees after RFC 6962, section 2.1: pure, over lists of hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; of an empty tree the hash of nothing."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return node_hash(root(hashes[:split]), root(hashes[split:]))


def inclusion_path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root, lowest first."""
    if len(hashes) <= 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion_path(index, hashes[:split]), root(hashes[split:])]
    return [*inclusion_path(index - split, hashes[split:]), root(hashes[:split])]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
