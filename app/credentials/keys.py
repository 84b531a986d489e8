"""The worker's key store: private keys in files, encrypted at rest (AES-256-GCM under scrypt).

Ed25519 signs embedded proofs, RSA signs JWTs (RS256): the one pair of algorithms that every verifier knows.

Imported by composition and the signing jobs alone (import contract 8), so no page can reach a private key. Randomness
comes from the operating system and not from the `entropy` argument: a counted nonce or salt would undo the encryption.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from app.credentials import key_files
from app.credentials.did import ED25519, LOG, RS256
from app.credentials.errors import KeyStoreRefused
from app.foundation.clock import Clock
from app.foundation.settings import SHORTEST_PASSPHRASE
from app.foundation.whole_files import write_whole

RSA_BITS = 2048  # enough to 2030 (NIST SP 800-131A r2); a credential lives one year, and 3072 bits sign 3 times slower
RSA_EXPONENT = 65537
SCRYPT_N = 2**17  # OWASP Password Storage Cheat Sheet, 2023: 128 MiB, about .3 s
SCRYPT_R = 8
SCRYPT_P = 1
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
FINGERPRINT_DIGITS = 8
PRIVATE_DIRECTORY_MODE = 0o700


class Ed25519Signer:
    """Signs with a private key that was decrypted from the store; it never shows it."""

    def __init__(self, key_id: str, private_key: Ed25519PrivateKey, algorithm: str = ED25519) -> None:
        self.key_id, self.algorithm = key_id, algorithm
        self._private_key = private_key
        self.public_bytes = private_key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature over exactly `data`."""
        return self._private_key.sign(data)


class RsaSigner:
    """The same for an RSA key; its public bytes are a DER SubjectPublicKeyInfo."""

    algorithm = RS256

    def __init__(self, key_id: str, private_key: RSAPrivateKey) -> None:
        self.key_id = key_id
        self._private_key = private_key
        self.public_bytes = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """The RSASSA-PKCS1-v1_5 signature with SHA-256 over exactly `data`."""
        return self._private_key.sign(data, padding.PKCS1v15(), hashes.SHA256())


FileSigner = Ed25519Signer | RsaSigner


@dataclass(frozen=True, slots=True)
class FileKeyStore:
    """The directory of one issuer's encrypted keys.

    They lie under one passphrase and one salt, so that whoever opens all of them derives once. Each has its own nonce.
    """

    directory: Path
    scrypt_n: int = SCRYPT_N
    _derived: dict[tuple[Any, ...], bytes] = field(default_factory=dict, repr=False, compare=False)

    def init(self, did: str, passphrase: str, *, at: datetime, algorithm: str = ED25519) -> FileSigner:
        """Make the first key of this algorithm.

        Raises
        ------
        KeyStoreRefused
            If there is one already: overwriting it would orphan everything it is to sign.
        """
        if self.has(algorithm):
            raise KeyStoreRefused(
                f"There are signing keys in {self.directory} already; none was made or changed. "
                "To replace a key, rotate it."
            )
        return self._make(did, passphrase, at=at, algorithm=algorithm)

    def open(self, passphrase: str, algorithm: str = ED25519) -> FileSigner:
        """The newest key of this algorithm, ready to sign.

        Raises
        ------
        KeyStoreRefused
            If there is none, or the passphrase does not open it.
        """
        entries = self._entries(algorithm)
        if not entries:
            raise KeyStoreRefused(f"There is no {algorithm} key in {self.directory}. Run `decile keys init`.")
        return self._opened(entries[-1], passphrase)

    def has(self, algorithm: str) -> bool:
        """Whether a key of this algorithm was made."""
        return self.newest_id(algorithm) is not None

    def newest_id(self, algorithm: str) -> str | None:
        """Id of the key of this algorithm that was made last."""
        entries = self._entries(algorithm)
        return entries[-1]["key_id"] if entries else None

    def open_id(self, key_id: str, passphrase: str) -> FileSigner | None:
        """The key of this id, ready to sign; None where it is not held."""
        found = [entry for entry in key_files.entries(self.directory).values() if entry["key_id"] == key_id]
        return self._opened(found[0], passphrase) if found else None

    def made_for(self, request: str, did: str, passphrase: str, *, at: datetime, algorithm: str) -> FileSigner:
        """The key made for this request, now if it was not before."""
        found = [entry for entry in self._entries(algorithm) if entry.get("made_for") == request]
        if found:
            return self._opened(found[0], passphrase)
        return self._make(did, passphrase, at=at, algorithm=algorithm, request=request)

    def destroy(self, key_id: str) -> None:
        """Delete the file that holds the private key. Copies in backups are opened by the passphrase still."""
        for file, entry in key_files.entries(self.directory).items():
            if entry["key_id"] == key_id:
                file.unlink(missing_ok=True)

    def _entries(self, algorithm: str) -> list[dict[str, Any]]:
        """What the files of this algorithm say, oldest first."""
        return [entry for entry in key_files.entries(self.directory).values() if entry["algorithm"] == algorithm]

    def _make(self, did: str, passphrase: str, *, at: datetime, algorithm: str, request: str = "") -> FileSigner:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise KeyStoreRefused(f"The passphrase needs at least {SHORTEST_PASSPHRASE} characters.")
        private_bytes = _new_private_bytes(algorithm)
        fingerprint = hashlib.sha256(_signer("", algorithm, private_bytes).public_bytes).hexdigest()
        named = fingerprint[:FINGERPRINT_DIGITS]
        signer = _signer(f"{did}#{at:%Y-%m}-{named}", algorithm, private_bytes)
        entry = self._sealed(signer, private_bytes, passphrase, at=at)
        if request:
            entry["made_for"] = request
        self.directory.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY_MODE)
        file = self.directory / f"{at:%Y%m%dT%H%M%SZ}-{named}.key.json"
        write_whole(file, json.dumps(entry, indent=1).encode(), replacing=False)  # a torn one would close the store
        return signer

    def _sealed(self, signer: FileSigner, private_bytes: bytes, passphrase: str, *, at: datetime) -> dict[str, Any]:
        kdf, nonce = self._kdf(), secrets.token_bytes(NONCE_BYTES)
        sealing_key = self._derive(passphrase, kdf)
        return {
            "key_id": signer.key_id,
            "algorithm": signer.algorithm,
            "public_key": _b64(signer.public_bytes),
            "created_at": at.isoformat(),
            "kdf": kdf,
            "cipher": {"name": "AES-256-GCM", "nonce": _b64(nonce)},
            "ciphertext": _b64(AESGCM(sealing_key).encrypt(nonce, private_bytes, signer.key_id.encode())),
        }

    def _opened(self, entry: dict[str, Any], passphrase: str) -> FileSigner:
        sealing_key = self._derive(passphrase, entry["kdf"])
        try:
            private_bytes = AESGCM(sealing_key).decrypt(
                _unb64(entry["cipher"]["nonce"]), _unb64(entry["ciphertext"]), entry["key_id"].encode()
            )
        except InvalidTag:
            raise KeyStoreRefused(
                f"The passphrase does not open key {entry['key_id']}, or its file was changed. "
                "Set DECILE_KEY_PASSPHRASE to the one it was made with."
            ) from None
        return _signer(entry["key_id"], entry["algorithm"], private_bytes)

    def _kdf(self) -> dict[str, Any]:
        """How the next key is sealed: as those that are there, unless more or less work was asked for then."""
        wanted = {"name": "scrypt", "n": self.scrypt_n, "r": SCRYPT_R, "p": SCRYPT_P}
        known = [
            one["kdf"] for one in key_files.entries(self.directory).values() if one["kdf"].items() >= wanted.items()
        ]
        return known[-1] if known else {**wanted, "salt": _b64(secrets.token_bytes(SALT_BYTES))}

    def _derive(self, passphrase: str, kdf: dict[str, Any]) -> bytes:
        known = (passphrase, *sorted(kdf.items()))
        if known not in self._derived:
            scrypt = Scrypt(salt=_unb64(kdf["salt"]), length=KEY_BYTES, n=kdf["n"], r=kdf["r"], p=kdf["p"])
            self._derived[known] = scrypt.derive(passphrase.encode())
        return self._derived[known]


@dataclass(frozen=True, slots=True)
class FileSigners:
    """The worker's signers over a key store. An opened key is kept in memory: opening one costs a third of a second."""

    store: FileKeyStore
    did: str
    passphrase: str = field(repr=False)
    clock: Clock
    _opened: dict[str, FileSigner] = field(default_factory=dict, repr=False)

    def newest(self, algorithm: str) -> FileSigner | None:
        """The key of this algorithm that was made last."""
        key_id = self.store.newest_id(algorithm)
        return self.signer(key_id) if key_id is not None else None

    def signer(self, key_id: str) -> FileSigner | None:
        """The key of this id."""
        if key_id not in self._opened:
            found = self.store.open_id(key_id, self.passphrase)
            if found is None:
                return None
            self._opened[key_id] = found
        return self._opened[key_id]

    def make(self, algorithm: str, request: str) -> FileSigner:
        """A new key, once for each request."""
        made = self.store.made_for(request, self.did, self.passphrase, at=self.clock.now(), algorithm=algorithm)
        return self._opened.setdefault(made.key_id, made)

    def destroy(self, key_id: str) -> None:
        """Delete the private key, here and in the store."""
        self._opened.pop(key_id, None)
        self.store.destroy(key_id)


def _new_private_bytes(algorithm: str) -> bytes:
    """A fresh private key as it lies in the store: raw for Ed25519, PKCS #8 for RSA."""
    if algorithm in (ED25519, LOG):
        return Ed25519PrivateKey.generate().private_bytes_raw()
    key = generate_private_key(RSA_EXPONENT, RSA_BITS)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _signer(key_id: str, algorithm: str, private_bytes: bytes) -> FileSigner:
    if algorithm in (ED25519, LOG):
        return Ed25519Signer(key_id, Ed25519PrivateKey.from_private_bytes(private_bytes), algorithm)
    key = load_der_private_key(private_bytes, None)
    if algorithm != RS256 or not isinstance(key, RSAPrivateKey):
        raise KeyStoreRefused(f"Key {key_id} is of an unknown kind: {algorithm}.")
    return RsaSigner(key_id, key)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
