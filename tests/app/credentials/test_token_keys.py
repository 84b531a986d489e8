"""Keys in a device sign like keys in files, and never come out of it. Tried with SoftHSM."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app import composition
from app.credentials.did import ED25519, LOG, RS256
from app.credentials.errors import KeyStoreRefused, TokenUnavailable
from app.credentials.publish_key import publish_key
from app.credentials.token_keys import TokenSigners, open_session
from app.foundation.access import system
from app.foundation.runtime import Runtime
from app.foundation.signing import Signer
from tests.app.credentials.soft_token import DID, LABEL, PIN, empty, module, signers_of
from tests.app.credentials.worker_house import ask, is_accepted, issue, key_in_use, since
from tests.fakes import FrozenClock

__all__ = ["module"]
ALGORITHMS = (ED25519, RS256, LOG)


@pytest.fixture
def signers(module: str, clock: FrozenClock) -> Iterator[TokenSigners]:
    empty(module)
    signers = signers_of(module, clock)
    yield signers
    with suppress(TokenUnavailable), signers.token.session() as session:
        session.close()  # one that was collected later would sign everybody out


def verify(signer: Signer, signature: bytes, data: bytes) -> None:
    if signer.algorithm != RS256:
        Ed25519PublicKey.from_public_bytes(signer.public_bytes).verify(signature, data)
    else:
        load_der_public_key(signer.public_bytes).verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("algorithm", [ED25519, RS256])
def test_what_the_device_signs_verifies_and_its_private_key_never_comes_out(
    signers: TokenSigners, algorithm: str, module: str
) -> None:
    signer = signers.make(algorithm, "the first")
    signature = signer.sign(b"signed in the device")
    verify(signer, signature, b"signed in the device")
    with pytest.raises(InvalidSignature):
        verify(signer, signature, b"something else")
    assert (signer.algorithm, signer.key_id.partition("#")[0]) == (algorithm, DID)
    from pkcs11 import Attribute, ObjectClass  # noqa: PLC0415
    from pkcs11.exceptions import PKCS11Error  # noqa: PLC0415

    with open_session(module, LABEL, PIN) as session:
        (key,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        assert (key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE]) == (True, False)
        for secret in (Attribute.VALUE, Attribute.PRIVATE_EXPONENT):
            with pytest.raises(PKCS11Error):
                key[secret]


def test_three_kinds_over_two_mechanisms_are_told_apart_also_after_a_start(
    signers: TokenSigners, module: str, clock: FrozenClock
) -> None:
    made = {algorithm: signers.make(algorithm, "the first").key_id for algorithm in ALGORITHMS}
    assert len(set(made.values())) == len(ALGORITHMS)
    started = signers_of(module, clock)
    assert {algorithm: started.newest(algorithm).key_id for algorithm in ALGORITHMS} == made
    assert started.signer(made[LOG]).algorithm == LOG
    assert started.signer(f"{DID}#2026-11-00000000") is None


def test_the_same_request_makes_one_key_and_the_newest_is_the_latest(signers: TokenSigners, clock: FrozenClock) -> None:
    first = signers.make(ED25519, "rotate:1")
    assert signers.make(ED25519, "rotate:1").key_id == first.key_id
    clock.advance(timedelta(days=1))
    second = signers.make(ED25519, "rotate:2")
    assert signers.newest(ED25519).key_id == second.key_id != first.key_id


def test_a_destroyed_key_is_gone_from_the_device(signers: TokenSigners, module: str) -> None:
    gone, kept = signers.make(ED25519, "a"), signers.make(LOG, "a")
    signers.destroy(gone.key_id)
    signers.destroy("never held")
    assert signers.signer(gone.key_id) is None
    assert signers.signer(kept.key_id) is not None
    with open_session(module, LABEL, PIN) as session:
        assert len(list(session.get_objects())) == 2  # both halves of the other one
    with pytest.raises(TokenUnavailable):
        gone.sign(b"once more")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library's own searches end late
def test_a_session_that_broke_is_opened_anew(signers: TokenSigners) -> None:
    signer = signers.make(ED25519, "the first")
    with signers.token.session() as session:
        session.close()
    with pytest.raises(TokenUnavailable):
        signer.sign(b"while it is away")
    verify(signer, signer.sign(b"back again"), b"back again")


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_worker_issues_rotates_and_survives_a_compromise_with_keys_in_a_device(
    runtime: Runtime, signers: TokenSigners, clock: FrozenClock
) -> None:
    with runtime.transaction() as session:
        for algorithm in (ED25519, RS256):
            publish_key(signers.make(algorithm, "the first"), session=session, clock=clock, actor=system())
    house = replace(runtime, signers=signers)
    codes, first = issue(house), key_in_use(house)
    clock.advance(timedelta(days=1))
    ask(house, "rotate")
    codes += issue(house)
    assert signers.signer(first) is None
    clock.advance(timedelta(days=1))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    assert [is_accepted(house, code) for code in codes] == [(True, True)] * 2


def test_settings_open_the_device_and_files_are_not_touched(
    runtime: Runtime, signers: TokenSigners, module: str
) -> None:
    del signers  # emptied the token
    in_device = {"pkcs11_module": module, "pkcs11_token": LABEL, "pkcs11_pin": PIN}
    with_device: Callable[..., Runtime] = lambda **other: replace(  # noqa: E731
        runtime, settings=runtime.settings.model_copy(update={**in_device, **other})
    )
    with pytest.raises(KeyStoreRefused, match="no signing key in the device"):
        composition.with_signer(with_device())
    made = composition.init_signing_keys(with_device())
    assert len(made) == len(ALGORITHMS)
    assert composition.init_signing_keys(with_device()) == []
    assert composition.with_signer(with_device()).signer.key_id == made[0]
    assert composition.open_keys(with_device().settings) == tuple(made[:2])
    assert not runtime.settings.key_directory.exists()
    with pytest.raises(KeyStoreRefused, match="cannot be reached"):
        composition.with_signer(with_device(pkcs11_token="elsewhere"))


def test_a_wrong_pin_or_library_is_refused_in_words(module: str) -> None:
    with pytest.raises(KeyStoreRefused, match="cannot be reached"):
        open_session("/nowhere/libnothing.so", LABEL, PIN)
    # in a process of its own: this one is signed in already, and then no PIN is asked for
    wrong = f"from app.credentials.token_keys import open_session; open_session({module!r}, {LABEL!r}, '0000-0000')"
    said = subprocess.run([sys.executable, "-c", wrong], capture_output=True, text=True, check=False)
    assert f"The PIN does not open token {LABEL}" in said.stderr
