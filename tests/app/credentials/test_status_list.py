"""Bitstring status lists."""

from __future__ import annotations

import gzip
import random
from base64 import urlsafe_b64encode

import pytest
from openbadgeslib.ob3.status import decode_encoded_list, set_indices

from app.credentials import status_list
from app.credentials.errors import StatusListInvalid
from tests.app.credentials.documents import ISSUED_AT, ISSUER


def test_index_zero_is_the_leftmost_bit() -> None:
    bits = status_list.bitstring([0, 9])
    assert (bits[0], bits[1]) == (0b1000_0000, 0b0100_0000)


def test_a_list_has_the_least_size_of_the_standard() -> None:
    assert len(status_list.bitstring([])) * 8 == 131_072


def test_what_is_encoded_is_decoded_and_another_library_agrees() -> None:
    indices = set(random.Random(1).sample(range(status_list.ENTRIES), 500)) | {0, 131_071}
    encoded = status_list.encode(status_list.bitstring(indices))
    bits = status_list.decode(encoded)
    assert {index for index in range(status_list.ENTRIES) if status_list.is_set(bits, index)} == indices
    assert set_indices(decode_encoded_list(encoded)) == indices


def test_the_same_list_is_encoded_to_the_same_bytes() -> None:
    encoded = {status_list.encode(status_list.bitstring([1, 2, 3])) for _ in range(3)}
    assert len(encoded) == 1
    assert "=" not in encoded.pop()


def packed(data: bytes) -> str:
    return "u" + urlsafe_b64encode(data).decode().rstrip("=")


GOOD = gzip.compress(bytes(16_384), mtime=0)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "u",
        "uA",
        "z" + packed(GOOD)[1:],
        packed(GOOD)[:-8],
        packed(GOOD[:20]),
        packed(b"not gzip"),
        packed(gzip.compress(bytes(16_383))),
        packed(gzip.compress(bytes(16_385))),
        "u\u00e9\u00e9",
    ],
    ids=range(10),
)
def test_case_049_a_list_that_is_cut_or_corrupt_is_refused(encoded: str) -> None:
    with pytest.raises(StatusListInvalid):
        status_list.decode(encoded)


def test_case_049_a_list_that_is_a_bomb_is_refused() -> None:
    with pytest.raises(StatusListInvalid):
        status_list.decode(packed(gzip.compress(bytes(200_000_000))))


@pytest.mark.parametrize("index", [-1, 131_072])
def test_an_entry_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(StatusListInvalid):
        status_list.bitstring([index])
    with pytest.raises(StatusListInvalid):
        status_list.is_set(status_list.bitstring([]), index)


def test_the_list_lives_no_longer_than_a_minute_in_caches() -> None:
    document = status_list.document(3, [], issuer=ISSUER, valid_from=ISSUED_AT, ttl_seconds=60)
    assert document["credentialSubject"]["ttl"] == 60_000
    assert document["id"] == "https://decile.example/status/3"
