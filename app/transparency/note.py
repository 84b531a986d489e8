"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint): three lines of text and an Ed25519 signature."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.foundation.signing import Signer
from app.transparency.errors import CheckpointInvalid

ED25519_NOTE = b"\x01"  # the algorithm's number in C2SP signed-note
KEY_HASH_BYTES = 4
SIGNED = "\u2014 "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: whose log, how many entries, under which root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_hash(origin: str, public_bytes: bytes) -> bytes:
    """Four bytes that tell the keys of one name apart."""
    return hashlib.sha256(origin.encode() + b"\n" + ED25519_NOTE + public_bytes).digest()[:KEY_HASH_BYTES]


def verifier_key(origin: str, public_bytes: bytes) -> str:
    """The public key as auditors are given it: name, hash, algorithm and key."""
    key = base64.b64encode(ED25519_NOTE + public_bytes).decode()
    return f"{origin}+{key_hash(origin, public_bytes).hex()}+{key}"


def sign(checkpoint: Checkpoint, *, signer: Signer) -> str:
    """The signed note."""
    signature = key_hash(checkpoint.origin, signer.public_bytes) + signer.sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n{SIGNED}{checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def read(note: str, vkey: str) -> Checkpoint:
    """What the note says, signed by this key.

    Raises
    ------
    CheckpointInvalid
    """
    text, _, signatures = note.partition("\n\n")
    try:
        origin, size, root = text.split("\n")
        name, _hash, encoded = vkey.split("+", 2)
        public_bytes = base64.b64decode(encoded)[1:]
        line = next(one for one in signatures.splitlines() if one.startswith(f"{SIGNED}{name} "))
        signature = base64.b64decode(line.rpartition(" ")[2], validate=True)
        Ed25519PublicKey.from_public_bytes(public_bytes).verify(signature[KEY_HASH_BYTES:], f"{text}\n".encode())
        return Checkpoint(origin, int(size), base64.b64decode(root, validate=True))
    except (ValueError, StopIteration, InvalidSignature):
        raise CheckpointInvalid from None
