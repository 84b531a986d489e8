"""Who the issuer is to other software: its did:web identifier and the document that publishes its keys."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from app.credentials import multibase

ED25519 = "Ed25519"
RS256 = "RS256"
LOG = "Ed25519-log"  # signs checkpoints of the public log, and nothing else

CONTEXTS = (
    "https://www.w3.org/ns/did/v1",  # must come first
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
)
ED25519_MULTICODEC = b"\xed\x01"
ED25519_BYTES = 32


class PublishedKey(Protocol):
    """A public key as the world sees it: raw bytes of an Ed25519 key, DER SubjectPublicKeyInfo of an RSA key."""

    @property
    def key_id(self) -> str: ...  # noqa: D102
    @property
    def algorithm(self) -> str: ...  # noqa: D102
    @property
    def public_bytes(self) -> bytes: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Issuer:
    """The one issuer this installation is."""

    name: str
    base_url: str

    @property
    def did(self) -> str:
        """`did:web:host`, a port written %3A."""
        return did_web(self.base_url)


def did_web(base_url: str) -> str:
    """The did:web identifier whose document is served under this origin."""
    return "did:web:" + quote(urlsplit(base_url).netloc, safe="")


def multikey(public_bytes: bytes) -> str:
    """An Ed25519 public key as `publicKeyMultibase`."""
    return multibase.encode(ED25519_MULTICODEC + public_bytes)


def jwk(key_id: str, public_bytes: bytes) -> dict[str, str]:
    """An RSA public key (DER SubjectPublicKeyInfo) as a JSON Web Key (RFC 7517), named by its absolute id."""
    key = load_der_public_key(public_bytes)
    if not isinstance(key, RSAPublicKey):
        raise TypeError(f"{key_id} is not an RSA key")
    numbers = key.public_numbers()
    return {"kty": "RSA", "kid": key_id, "alg": RS256, "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}


def jwks(keys: Iterable[PublishedKey]) -> dict[str, Any]:
    """The RSA keys as a JSON Web Key Set."""
    return {"keys": [jwk(key.key_id, key.public_bytes) for key in keys if key.algorithm == RS256]}


def did_document(did: str, keys: Iterable[PublishedKey]) -> dict[str, Any]:
    """The DID document for these keys, given oldest first.

    Retired keys belong in it as long as anything they signed lives; a compromised one does not. The newest key of JWTs
    comes first: openbadgeslib checks a status list that is a JWT with the first key, whatever the list names.
    """
    given = list(keys)
    for_jwts = [key for key in reversed(given) if key.algorithm == RS256]
    methods = [_method(did, key) for key in (*for_jwts, *(key for key in given if key.algorithm == ED25519))]
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def _method(did: str, key: PublishedKey) -> dict[str, Any]:
    method: dict[str, Any] = {"id": key.key_id, "type": "Multikey", "controller": did}
    if key.algorithm == ED25519:
        return {**method, "publicKeyMultibase": multikey(key.public_bytes)}
    return {**method, "type": "JsonWebKey", "publicKeyJwk": jwk(key.key_id, key.public_bytes)}


def read_method(method: Mapping[str, Any]) -> tuple[str, bytes]:
    """Algorithm and public bytes of a key as a DID document of ours has it.

    Raises
    ------
    KeyError, TypeError, ValueError
        For anything else.
    """
    if method["type"] != "Multikey":
        return RS256, _der(method["publicKeyJwk"])
    spelled = multibase.decode(method["publicKeyMultibase"])
    public_bytes = spelled.removeprefix(ED25519_MULTICODEC)
    if spelled == public_bytes or len(public_bytes) != ED25519_BYTES:
        raise ValueError("no Ed25519 key")
    return ED25519, public_bytes


def _der(jwk: Mapping[str, Any]) -> bytes:
    key = RSAPublicNumbers(_whole(jwk["e"]), _whole(jwk["n"])).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _number(value: int) -> str:
    """A whole number in base64url without padding (RFC 7518, section 2: Base64urlUInt)."""
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode().rstrip("=")


def _whole(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
