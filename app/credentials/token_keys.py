"""The worker's keys in a device: made there, used there, and never let out (PKCS #11; the optional extra `pkcs11`).

The same interface as the key store of files. A key is named by its label, `decile/<algorithm>/<made at>/<request>`:
Ed25519 signs both credentials and the log, so the mechanism alone does not tell keys apart, and with the request in it
a key made just before a crash is found again. Its published id comes from its public half, as for keys in files.

A session of a device serves one thread at a time, and so a lock stands before it. One that broke (the device was taken
out, the daemon restarted) is opened anew by the next call; the job that met it is tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.credentials.did import ED25519, LOG, RS256
from app.credentials.errors import KeyStoreRefused, TokenUnavailable
from app.credentials.keys import FINGERPRINT_DIGITS, RSA_BITS
from app.foundation.clock import Clock
from app.foundation.signing import Signer

if TYPE_CHECKING:
    from pkcs11 import Session

LABEL = "decile"
REQUEST_DIGITS = 16
ED25519_CURVE = "1.3.101.112"  # RFC 8410
OCTET_STRING = b"\x04\x20"  # before the 32 bytes of a point, as PKCS #11 3.0 has it; older devices leave it out
ED25519_BYTES = 32
Open: TypeAlias = "Callable[[], Session]"


@dataclass(frozen=True, slots=True)
class Held:
    """One key as its label tells it, and its public half."""

    label: str
    algorithm: str
    made_at: str  # 20261128T093000Z
    request: str
    public_bytes: bytes

    def id_under(self, did: str) -> str:
        """The id under which it is published."""
        fingerprint = hashlib.sha256(self.public_bytes).hexdigest()[:FINGERPRINT_DIGITS]
        return f"{did}#{self.made_at[:4]}-{self.made_at[4:6]}-{fingerprint}"


class Token:
    """One device: a session that is opened when first needed, and again after it broke."""

    def __init__(self, opened: Open) -> None:
        self._opened, self._lock = opened, Lock()
        self._session: Session | None = None

    @contextmanager
    def session(self) -> Iterator[Any]:
        """The session, for this thread alone.

        Raises
        ------
        TokenUnavailable
            If the device does not do what it is asked. The next call opens it again.
        """
        from pkcs11.exceptions import PKCS11Error  # noqa: PLC0415  an extra that most installations have not

        with self._lock:
            try:
                self._session = self._session or self._opened()
                yield self._session
            except PKCS11Error as problem:
                self._session = None
                raise TokenUnavailable(type(problem).__name__) from problem


class TokenSigner:
    """Signs in the device. Its private key has no bytes here."""

    def __init__(self, token: Token, held: Held, did: str) -> None:
        self.key_id, self.algorithm, self.public_bytes = held.id_under(did), held.algorithm, held.public_bytes
        self._token, self._label = token, held.label

    def sign(self, data: bytes) -> bytes:
        """The signature over exactly `data`: Ed25519, or RSASSA-PKCS1-v1_5 with SHA-256."""
        from pkcs11 import Mechanism, ObjectClass  # noqa: PLC0415

        mechanism = Mechanism.SHA256_RSA_PKCS if self.algorithm == RS256 else Mechanism.EDDSA
        with self._token.session() as session:
            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._label)
            return bytes(key.sign(data, mechanism=mechanism))


@dataclass(frozen=True, slots=True)
class TokenSigners:
    """The worker's signers over a device."""

    token: Token
    did: str
    clock: Clock
    _known: dict[str, Held] = field(default_factory=dict, repr=False)  # public halves are read once each

    def newest(self, algorithm: str) -> Signer | None:
        """The key of this algorithm that was made last."""
        held = [one for one in self._held() if one.algorithm == algorithm]
        return TokenSigner(self.token, held[-1], self.did) if held else None

    def signer(self, key_id: str) -> Signer | None:
        """The key of this id."""
        found = [one for one in self._held() if one.id_under(self.did) == key_id]
        return TokenSigner(self.token, found[0], self.did) if found else None

    def make(self, algorithm: str, request: str) -> Signer:
        """A new key, once for each request."""
        named = hashlib.sha256(request.encode()).hexdigest()[:REQUEST_DIGITS]
        found = [one for one in self._held() if (one.algorithm, one.request) == (algorithm, named)]
        if found:
            return TokenSigner(self.token, found[0], self.did)
        label = f"{LABEL}/{algorithm}/{self.clock.now():%Y%m%dT%H%M%SZ}/{named}"
        with self.token.session() as session:
            _generate(session, algorithm, label)
        (made,) = [one for one in self._held() if one.label == label]
        return TokenSigner(self.token, made, self.did)

    def destroy(self, key_id: str) -> None:
        """Have the device delete both halves."""
        from pkcs11 import Attribute  # noqa: PLC0415

        for one in [held for held in self._held() if held.id_under(self.did) == key_id]:
            with self.token.session() as session:
                for half in list(session.get_objects({Attribute.LABEL: one.label})):
                    half.destroy()
            self._known.pop(one.label, None)

    def _held(self) -> list[Held]:
        """Every key of ours whose private half is there, oldest first."""
        from pkcs11 import Attribute, ObjectClass  # noqa: PLC0415

        with self.token.session() as session:
            private = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            labels = sorted(key.label for key in private if key.label.startswith(f"{LABEL}/"))
            for label in labels:
                if label not in self._known:
                    key = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
                    _, algorithm, made_at, request = label.split("/")
                    self._known[label] = Held(label, algorithm, made_at, request, _public_bytes(key))
        return sorted((self._known[label] for label in labels), key=lambda held: (held.made_at, held.label))


def open_session(module: str, token_label: str, pin: str) -> Session:
    """A session in which keys can be made and used.

    Raises
    ------
    KeyStoreRefused
        If the extra is not installed, or there is no such library, token or PIN.
    """
    try:
        import pkcs11  # noqa: PLC0415
        from pkcs11.exceptions import PinIncorrect, PKCS11Error, UserAlreadyLoggedIn  # noqa: PLC0415
    except ImportError:
        raise KeyStoreRefused(
            "Keys in a device need the extra `pkcs11`: install python-pkcs11 beside Decile."
        ) from None
    try:
        token = pkcs11.lib(module).get_token(token_label=token_label)
        try:
            return token.open(rw=True, user_pin=pin)
        except UserAlreadyLoggedIn:  # a process is signed in once, whatever its sessions
            return token.open(rw=True)
    except PinIncorrect:
        raise KeyStoreRefused(
            f"The PIN does not open token {token_label}. Set DECILE_PKCS11_PIN; devices lock after a few wrong ones."
        ) from None
    except (PKCS11Error, RuntimeError, OSError) as problem:
        raise KeyStoreRefused(
            f"Token {token_label} cannot be reached through {module} ({type(problem).__name__})."
        ) from None


def _generate(session: Session, algorithm: str, label: str) -> None:
    from pkcs11 import Attribute, KeyType, Mechanism  # noqa: PLC0415
    from pkcs11.util.ec import encode_named_curve_parameters  # noqa: PLC0415

    never_out = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    if algorithm == RS256:
        session.generate_keypair(KeyType.RSA, RSA_BITS, label=label, store=True, private_template=never_out)
    elif algorithm in (ED25519, LOG):
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(ED25519_CURVE)}
        parameters = session.create_domain_parameters(KeyType.EC_EDWARDS, curve, local=True)
        parameters.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, label=label, store=True, private_template=never_out
        )
    else:
        raise KeyStoreRefused(f"A key of an unknown kind was asked for: {algorithm}.")


def _public_bytes(key: Any) -> bytes:
    """As they are published: raw for Ed25519, a DER SubjectPublicKeyInfo for RSA."""
    from pkcs11 import Attribute, KeyType  # noqa: PLC0415

    if key.key_type is KeyType.RSA:
        exponent, modulus = (int.from_bytes(key[one]) for one in (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS))
        public = RSAPublicNumbers(exponent, modulus).public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return bytes(key[Attribute.EC_POINT]).removeprefix(OCTET_STRING)[-ED25519_BYTES:]
