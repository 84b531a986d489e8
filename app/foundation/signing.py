"""What a signer can do, and where the worker gets one. The web process is never given either."""

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


class Signers(Protocol):
    """The private keys of one worker: a key store, or a device that never lets a key out."""

    def newest(self, algorithm: str) -> Signer | None:
        """The key of this algorithm that was made last; None where there is none."""
        ...

    def signer(self, key_id: str) -> Signer | None:
        """The key of this id; None where it is not held here."""
        ...

    def make(self, algorithm: str, request: str) -> Signer:
        """A new key, made once for each `request`: asked again with the same, it is the same key."""
        ...

    def destroy(self, key_id: str) -> None:
        """Forget the private key for good; what was never held is no fault."""
        ...
