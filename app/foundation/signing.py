"""What a signer can do. The web process is never given one."""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """Signs bytes with one private key which it never shows."""

    @property
    def key_id(self) -> str:
        """Absolute id under which the public key is published."""
        ...

    @property
    def algorithm(self) -> str:
        """Name of the signature algorithm, e.g. `Ed25519`."""
        ...

    @property
    def public_bytes(self) -> bytes:
        """The raw public key."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over exactly `data`."""
        ...
