"""Bitstring status lists (W3C Bitstring Status List 1.0): one bit per credential, 1 when it is revoked."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.credentials import validity
from app.credentials.did import Issuer
from app.credentials.errors import StatusListInvalid

ENTRIES = 131_072  # the standard's least size, so that an entry hides among many
INDEX_BITS = 17  # 2 ** 17 entries
PURPOSE = "revocation"
MULTIBASE_BASE64URL = "u"
GZIP_WINDOW = 31  # zlib: 32 kB window, gzip framing


def bitstring(indices: Iterable[int]) -> bytes:
    """The list with these entries set. Index 0 is the leftmost bit."""
    bits = bytearray(ENTRIES // 8)
    for index in indices:
        if not 0 <= index < ENTRIES:
            raise StatusListInvalid(f"entry {index} lies outside 0 to {ENTRIES - 1}")
        bits[index // 8] |= 0x80 >> index % 8
    return bytes(bits)


def is_set(bits: bytes, index: int) -> bool:
    """Whether the entry is set."""
    if not 0 <= index < len(bits) * 8:
        raise StatusListInvalid(f"entry {index} lies outside the list")
    return bool(bits[index // 8] & 0x80 >> index % 8)


def encode(bits: bytes) -> str:
    """`encodedList`: gzip without a date, base64url without padding, the multibase letter u before it."""
    packed = base64.urlsafe_b64encode(gzip.compress(bits, mtime=0))
    return MULTIBASE_BASE64URL + packed.decode().rstrip("=")


def decode(encoded: str) -> bytes:
    """The bits behind an `encodedList`.

    Raises
    ------
    StatusListInvalid
        If it is cut short, has another size or is not one at all.
    """
    if not encoded.startswith(MULTIBASE_BASE64URL):
        raise StatusListInvalid("it does not begin with u")
    inflator = zlib.decompressobj(wbits=GZIP_WINDOW)
    try:
        packed = base64.b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4), altchars=b"-_", validate=True)
        bits = inflator.decompress(packed, ENTRIES // 8 + 1)
    except (binascii.Error, zlib.error, ValueError):
        raise StatusListInvalid("it is not gzip in base64url") from None
    if not inflator.eof or len(bits) != ENTRIES // 8:
        raise StatusListInvalid(f"it does not hold exactly {ENTRIES} entries")
    return bits


def list_url(issuer: Issuer, number: int) -> str:
    """Where list `number` is published."""
    return f"{issuer.base_url}/status/{number}"


def entry(list_address: str, index: int) -> dict[str, str]:
    """The `credentialStatus` that points to an entry of the list at this address."""
    return {
        "id": f"{list_address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(index),
        "statusListCredential": list_address,
    }


def moved(former: Mapping[str, str], number: int, index: int) -> dict[str, str]:
    """The `credentialStatus` at another entry of the same issuer's lists."""
    return entry(f"{former['statusListCredential'].rpartition('/')[0]}/{number}", index)


def document(
    number: int, indices: Iterable[int], *, issuer: Issuer, valid_from: datetime, ttl_seconds: int
) -> dict[str, Any]:
    """The unsigned status list credential."""
    url = list_url(issuer, number)
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": validity.to_text(valid_from),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encode(bitstring(indices)),
            "ttl": ttl_seconds * 1000,
        },
    }
