"""Keeps authenticator secrets unreadable in a copied database: AES-256-GCM, one key per person, from SECRET_KEYS.

What this protects: a stolen database file, backup or SQL dump without the settings beside it. What it does not:
whoever holds SECRET_KEYS as well, so the whole machine in the embedded default, reads everything; and the web process
must hold them to check codes. A secret sealed under a key that has left SECRET_KEYS cannot be opened again; the
person then enrols anew, so keep former keys until staff have signed in since the rotation.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.foundation.entropy import Entropy
from app.foundation.errors import Unavailable
from app.foundation.links import Links

PURPOSE = "second-factor-secret"
NONCE_BYTES = 12  # the size AES-GCM is specified for


class SealUnreadable(Unavailable):
    """No key of ours opens it."""

    code = "second-factor-unreadable"

    def __init__(self) -> None:
        super().__init__(
            "Your second factor was sealed under a key that is no longer in use. "
            "Ask an operator to run `decile person forget-second-factor`, then set it up again."
        )


def seal(secret: str, *, person_id: UUID, links: Links, entropy: Entropy) -> str:
    """`secret`, readable only with our keys and only as this person's."""
    nonce = entropy.bits(8 * NONCE_BYTES).to_bytes(NONCE_BYTES, "big")
    sealed = AESGCM(_key(links.mac(PURPOSE, person_id.hex))).encrypt(nonce, secret.encode(), person_id.bytes)
    return b64encode(nonce + sealed).decode()


def unseal(sealed: str, *, person_id: UUID, links: Links) -> str:
    """What was sealed, under whichever of our keys it was."""
    raw = b64decode(sealed)
    for mac in links.macs(PURPOSE, person_id.hex):
        try:
            return AESGCM(_key(mac)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], person_id.bytes).decode()
        except InvalidTag:
            continue
    raise SealUnreadable


def _key(mac: str) -> bytes:
    return bytes.fromhex(mac)
