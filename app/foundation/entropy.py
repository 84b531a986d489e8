"""Chance arrives as an argument: ids, tokens, codes and seeds all come from one place that tests can count."""

from __future__ import annotations

import secrets
from typing import Protocol
from uuid import UUID

TOKEN_BYTES = 32  # 256 bits: out of reach of guessing whatever the rate limit
SEED_BITS = 63  # fits a signed 64-bit column


class Entropy(Protocol):
    """A source of unpredictable values."""

    def uuid(self) -> UUID:
        """A random version 4 UUID."""
        ...

    def token(self) -> str:
        """A secret of 256 bits, 43 URL-safe characters."""
        ...

    def digits(self, count: int) -> str:
        """`count` decimal digits, leading zeros kept."""
        ...

    def bits(self, count: int) -> int:
        """An integer of at most `count` random bits."""
        ...

    def seed(self) -> int:
        """A seed for a numpy Generator, stored so that the draw can be replayed."""
        ...


class SystemEntropy:
    """The operating system's generator."""

    def uuid(self) -> UUID:
        """A random version 4 UUID."""
        return UUID(bytes=secrets.token_bytes(16), version=4)

    def token(self) -> str:
        """A secret of 256 bits, 43 URL-safe characters."""
        return secrets.token_urlsafe(TOKEN_BYTES)

    def digits(self, count: int) -> str:
        """`count` decimal digits, leading zeros kept."""
        return f"{secrets.randbelow(10**count):0{count}d}"

    def bits(self, count: int) -> int:
        """An integer of at most `count` random bits."""
        return secrets.randbits(count)

    def seed(self) -> int:
        """A seed for a numpy Generator, stored so that the draw can be replayed."""
        return secrets.randbits(SEED_BITS)
