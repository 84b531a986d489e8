"""The worker's key store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.credentials import keys
from app.credentials.did import ED25519, RS256
from app.credentials.errors import KeyStoreRefused
from app.credentials.keys import FileKeyStore

DID = "did:web:decile.example"
PASSPHRASE = "correct horse battery staple"
NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
CHEAP = 2**10  # the work factor of tests; the shipped one is asserted below


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys", scrypt_n=CHEAP)


def only_file(store: FileKeyStore) -> Path:
    (path,) = store.directory.iterdir()
    return path


def test_a_made_key_is_opened_again_and_signs_the_same(store: FileKeyStore) -> None:
    made = store.init(DID, PASSPHRASE, at=NOW)
    opened = FileKeyStore(store.directory).open(PASSPHRASE)
    assert (opened.key_id, opened.public_bytes, opened.sign(b"x")) == (made.key_id, made.public_bytes, made.sign(b"x"))
    Ed25519PublicKey.from_public_bytes(opened.public_bytes).verify(opened.sign(b"x"), b"x")


def test_the_key_id_names_issuer_month_and_fingerprint(store: FileKeyStore) -> None:
    key_id = store.init(DID, PASSPHRASE, at=NOW).key_id
    assert key_id.startswith(f"{DID}#2026-11-")
    assert len(key_id.rpartition("-")[2]) == keys.FINGERPRINT_DIGITS


def test_init_never_overwrites_a_key(store: FileKeyStore) -> None:
    store.init(DID, PASSPHRASE, at=NOW)
    before = only_file(store).read_bytes()
    with pytest.raises(KeyStoreRefused, match="already"):
        store.init(DID, PASSPHRASE, at=NOW)
    assert only_file(store).read_bytes() == before


def test_files_are_readable_by_their_owner_alone_and_hold_no_private_key(store: FileKeyStore) -> None:
    signer = store.init(DID, PASSPHRASE, at=NOW)
    path = only_file(store)
    assert (path.stat().st_mode & 0o777, store.directory.stat().st_mode & 0o777) == (0o600, 0o700)
    private = signer._private_key.private_bytes_raw()
    assert private not in path.read_bytes()
    assert private.hex() not in path.read_text()
    assert keys._b64(private) not in path.read_text()


def test_a_wrong_passphrase_and_a_changed_file_are_refused(store: FileKeyStore) -> None:
    store.init(DID, PASSPHRASE, at=NOW)
    with pytest.raises(KeyStoreRefused, match="passphrase"):
        store.open(PASSPHRASE + "!")
    entry = json.loads(only_file(store).read_text())
    entry["key_id"] = f"{DID}#2026-11-00000000"
    only_file(store).write_text(json.dumps(entry))
    with pytest.raises(KeyStoreRefused, match="changed"):
        store.open(PASSPHRASE)


def test_an_empty_store_and_a_short_passphrase_are_refused(store: FileKeyStore) -> None:
    assert not store.has(ED25519)
    with pytest.raises(KeyStoreRefused, match="keys init"):
        store.open(PASSPHRASE)
    with pytest.raises(KeyStoreRefused, match="16 characters"):
        store.init(DID, "too short", at=NOW)
    assert not store.has(ED25519)


def test_the_shipped_work_factor_is_that_of_the_threat_model(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path)
    store.init(DID, PASSPHRASE, at=NOW)
    assert json.loads(only_file(store).read_text())["kdf"]["n"] == 2**17


def test_a_store_gains_the_key_of_jwts_beside_the_one_it_has(store: FileKeyStore) -> None:
    first = store.init(DID, PASSPHRASE, at=NOW)
    made = store.init(DID, PASSPHRASE, at=NOW, algorithm=RS256)
    opened = store.open(PASSPHRASE, RS256)
    assert (opened.key_id, opened.public_bytes, opened.algorithm) == (made.key_id, made.public_bytes, RS256)
    assert opened.sign(b"x") == made.sign(b"x")
    load_der_public_key(made.public_bytes).verify(made.sign(b"x"), b"x", PKCS1v15(), SHA256())
    assert store.open(PASSPHRASE).key_id == first.key_id
    with pytest.raises(KeyStoreRefused, match="already"):
        store.init(DID, PASSPHRASE, at=NOW, algorithm=RS256)
