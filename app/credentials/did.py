"""Who the issuer is to other software: its did:web identifier and the document that publishes its keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from app.credentials import multibase

CONTEXTS = (
    "https://www.w3.org/ns/did/v1",  # must come first
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
)
ED25519_MULTICODEC = b"\xed\x01"


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


def did_document(did: str, keys: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    """The DID document for (absolute key id, Ed25519 public key) pairs.

    Retired keys belong in it as long as anything they signed lives; a compromised one does not.
    """
    methods = [
        {"id": key_id, "type": "Multikey", "controller": did, "publicKeyMultibase": multikey(public_bytes)}
        for key_id, public_bytes in keys
    ]
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
