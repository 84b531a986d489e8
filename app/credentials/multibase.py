"""Base58btc, the spelling of keys and signatures in DID documents and proofs ('z' before it says so)."""

from __future__ import annotations

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
PREFIX = "z"
LONGEST = 128  # decoding is quadratic; a key or signature has at most 88 characters
TEN_DIGITS = 58**10
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """`data` in base58btc with its multibase prefix."""
    number, pairs = int.from_bytes(data), []
    while number:
        number, ten = divmod(number, TEN_DIGITS)  # few divisions of the long number, the others of short ones
        for _ in range(5):
            ten, pair = divmod(ten, len(_PAIRS))
            pairs.append(_PAIRS[pair])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return PREFIX + ALPHABET[0] * zeros + "".join(reversed(pairs)).lstrip(ALPHABET[0])


def decode(text: str) -> bytes:
    """The bytes that `encode` spelled so.

    Raises
    ------
    ValueError
        For anything else.
    """
    if not text.startswith(PREFIX) or len(text) > LONGEST:
        raise ValueError("not a base58btc value")
    number = 0
    for character in text[1:]:
        if character not in _VALUE:
            raise ValueError("not a base58btc value")
        number = number * 58 + _VALUE[character]
    zeros = len(text) - 1 - len(text[1:].lstrip(ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)
