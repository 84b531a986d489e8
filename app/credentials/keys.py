"""The worker's key store: Ed25519 private keys in files, encrypted at rest (AES-256-GCM under scrypt).

Imported by composition and the signing jobs alone (import contract 8), so no page can reach a private key. Randomness
comes from the operating system and not from the `entropy` argument: a counted nonce or salt would undo the encryption.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.credentials.errors import KeyStoreRefused

ALGORITHM = "Ed25519"
SCRYPT_N = 2**17  # OWASP Password Storage Cheat Sheet, 2023: 128 MiB, about .3 s
SCRYPT_R = 8
SCRYPT_P = 1
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
FINGERPRINT_DIGITS = 8
SHORTEST_PASSPHRASE = 16
PRIVATE_MODE = 0o600
PRIVATE_DIRECTORY_MODE = 0o700


class FileSigner:
    """Signs with a private key that was decrypted from the store; it never shows it."""

    algorithm = ALGORITHM

    def __init__(self, key_id: str, private_key: Ed25519PrivateKey) -> None:
        self.key_id = key_id
        self._private_key = private_key
        self.public_bytes = private_key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature over exactly `data`."""
        return self._private_key.sign(data)


@dataclass(frozen=True, slots=True)
class FileKeyStore:
    """The directory of one issuer's encrypted keys."""

    directory: Path
    scrypt_n: int = SCRYPT_N

    def init(self, did: str, passphrase: str, *, at: datetime) -> FileSigner:
        """Make the first key.

        Raises
        ------
        KeyStoreRefused
            If there is a key already: overwriting it would orphan everything it is to sign.
        """
        if self._files():
            raise KeyStoreRefused(
                f"There are signing keys in {self.directory} already; none was made or changed. "
                "To replace a key, rotate it."
            )
        return self._make(did, passphrase, at=at)

    def open(self, passphrase: str) -> FileSigner:
        """The newest key, ready to sign.

        Raises
        ------
        KeyStoreRefused
            If there is none, or the passphrase does not open it.
        """
        files = self._files()
        if not files:
            raise KeyStoreRefused(f"There is no signing key in {self.directory}. Run `decile keys init`.")
        return _opened(json.loads(files[-1].read_text(encoding="utf-8")), passphrase)

    def is_empty(self) -> bool:
        """Whether no key was made yet."""
        return not self._files()

    def _files(self) -> list[Path]:
        return sorted(self.directory.glob("*.key.json"))

    def _make(self, did: str, passphrase: str, *, at: datetime) -> FileSigner:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise KeyStoreRefused(f"The passphrase needs at least {SHORTEST_PASSPHRASE} characters.")
        private_key = Ed25519PrivateKey.generate()
        fingerprint = hashlib.sha256(private_key.public_key().public_bytes_raw()).hexdigest()[:FINGERPRINT_DIGITS]
        fragment = f"{at:%Y-%m}-{fingerprint}"
        signer = FileSigner(f"{did}#{fragment}", private_key)
        entry = _sealed(signer.key_id, private_key, passphrase, at=at, scrypt_n=self.scrypt_n)
        self.directory.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY_MODE)
        _write_once(self.directory / f"{at:%Y%m%dT%H%M%SZ}-{fingerprint}.key.json", json.dumps(entry, indent=1))
        return signer


def _sealed(
    key_id: str, private_key: Ed25519PrivateKey, passphrase: str, *, at: datetime, scrypt_n: int
) -> dict[str, Any]:
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    key = _derived(passphrase, salt, n=scrypt_n, r=SCRYPT_R, p=SCRYPT_P)
    return {
        "key_id": key_id,
        "algorithm": ALGORITHM,
        "public_key": _b64(private_key.public_key().public_bytes_raw()),
        "created_at": at.isoformat(),
        "kdf": {"name": "scrypt", "n": scrypt_n, "r": SCRYPT_R, "p": SCRYPT_P, "salt": _b64(salt)},
        "cipher": {"name": "AES-256-GCM", "nonce": _b64(nonce)},
        "ciphertext": _b64(AESGCM(key).encrypt(nonce, private_key.private_bytes_raw(), key_id.encode())),
    }


def _opened(entry: dict[str, Any], passphrase: str) -> FileSigner:
    kdf = entry["kdf"]
    key = _derived(passphrase, _unb64(kdf["salt"]), n=kdf["n"], r=kdf["r"], p=kdf["p"])
    try:
        private_bytes = AESGCM(key).decrypt(
            _unb64(entry["cipher"]["nonce"]), _unb64(entry["ciphertext"]), entry["key_id"].encode()
        )
    except InvalidTag:
        raise KeyStoreRefused(
            f"The passphrase does not open key {entry['key_id']}, or its file was changed. "
            "Set DECILE_KEY_PASSPHRASE to the one it was made with."
        ) from None
    return FileSigner(entry["key_id"], Ed25519PrivateKey.from_private_bytes(private_bytes))


def _derived(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode())


def _write_once(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
