"""Base58btc as its specification writes it (draft-msporny-base58, test vectors)."""

from __future__ import annotations

import random

import pytest

from app.credentials import multibase

VECTORS = {
    b"Hello World!": "2NEpo7TZRRrLZSi2U",
    b"The quick brown fox jumps over the lazy dog.": "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
    bytes.fromhex("0000287fb4cd"): "11233QC4",
    b"": "",
    b"\0\0": "11",
}


@pytest.mark.parametrize("data", VECTORS)
def test_published_values(data: bytes) -> None:
    assert multibase.encode(data) == "z" + VECTORS[data]
    assert multibase.decode("z" + VECTORS[data]) == data


def test_every_length_comes_back_leading_zeros_included() -> None:
    chance = random.Random(58)
    for length in range(80):
        data = bytes(chance.randrange(3)) + chance.randbytes(length)
        assert multibase.decode(multibase.encode(data)) == data
