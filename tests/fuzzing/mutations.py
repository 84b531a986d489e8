"""Bytes that are nearly right: one of our examples with a few things done to it. The same seed does the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

TELLING = (
    b"\0",
    b"\xff",
    b"\r\n",
    b'"',
    b"{",
    b"[",
    b"<",
    b"&",
    b"..",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"-1",
    b"1e999",
)
MOST_STEPS = 4


def mutations(examples: Sequence[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """So many of them."""
    chance = random.Random(seed)
    for _ in range(count):
        content = bytearray(chance.choice(examples))
        for _ in range(chance.randint(1, MOST_STEPS)):
            _change(content, chance, examples)
        yield bytes(content)


def _change(content: bytearray, chance: random.Random, examples: Sequence[bytes]) -> None:
    if not content:
        content += chance.choice(TELLING)
        return
    first, last = sorted(chance.choices(range(len(content) + 1), k=2))
    match chance.randrange(7):
        case 0:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        case 1:
            del content[first:last]
        case 2:
            content[first:first] = content[first:last]
        case 3:
            content[first:first] = chance.choice(TELLING) * chance.choice((1, 1, 2, 200))
        case 4:
            del content[first:]
        case 5:
            content[first:last] = chance.randbytes(min(last - first, 16))
        case _:
            other = chance.choice(examples)
            content[first:] = other[chance.randrange(len(other)) :]
