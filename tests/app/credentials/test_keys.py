"""The worker's key store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.cli import main
from app.credentials import keys
from app.credentials.did import ED25519, LOG, RS256
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


def test_the_first_keys_make_a_data_directory_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {
        "DECILE_DATA": str(data),
        "DECILE_KEY_PASSPHRASE": PASSPHRASE,
        "DECILE_DATABASE_URL": "postgresql+psycopg://decile@/decile?host=/nowhere",
        "DECILE_SECRET_KEYS": "k" * 40,
    }
    assert CliRunner().invoke(main, ["keys", "init"], env=environment).exit_code == 0
    modes = {path: path.stat().st_mode & 0o077 for path in (data, *data.rglob("*"))}
    assert {path for path, mode in modes.items() if mode} == set()


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


def sealing(store: FileKeyStore) -> list[tuple[int, str, str]]:
    entries = [json.loads(file.read_text()) for file in store.directory.iterdir()]
    return [(one["kdf"]["n"], one["kdf"]["salt"], one["cipher"]["nonce"]) for one in entries]


def test_the_keys_of_a_store_are_sealed_by_one_derivation_each_with_its_own_nonce(store: FileKeyStore) -> None:
    for algorithm in (ED25519, RS256, LOG):
        store.init(DID, PASSPHRASE, at=NOW, algorithm=algorithm)
    assert len({salt for _, salt, _ in sealing(store)}) == 1
    assert len({nonce for _, _, nonce in sealing(store)}) == 3
    again = FileKeyStore(store.directory, scrypt_n=CHEAP)
    for algorithm in (ED25519, RS256, LOG):
        again.open(PASSPHRASE, algorithm)
    assert len(again._derived) == 1


def test_a_store_of_less_work_and_of_several_salts_is_opened_and_gets_its_next_key_by_todays(
    store: FileKeyStore, tmp_path: Path
) -> None:
    """As stores were made before: a salt for each key."""
    made = store.init(DID, PASSPHRASE, at=NOW)
    other = FileKeyStore(tmp_path / "other", scrypt_n=CHEAP)
    other.init(DID, PASSPHRASE, at=NOW, algorithm=RS256)
    only_file(other).rename(store.directory / only_file(other).name)
    stricter = FileKeyStore(store.directory, scrypt_n=2 * CHEAP)
    stricter.init(DID, PASSPHRASE, at=NOW, algorithm=LOG)
    assert sorted(n for n, _, _ in sealing(store)) == [CHEAP, CHEAP, 2 * CHEAP]
    assert len({salt for _, salt, _ in sealing(store)}) == 3
    assert stricter.open(PASSPHRASE).key_id == made.key_id
    assert {stricter.open(PASSPHRASE, one).algorithm for one in (RS256, LOG)} == {RS256, LOG}


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
