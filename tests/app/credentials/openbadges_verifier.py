"""A verifier nobody here wrote: openbadgeslib, fed from memory, at an instant of our choosing.

It wants the status list as a JWT when it is to check the list's own signature; ours carries an embedded proof, so the
list's proof is verified apart, with the same library and the same key.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import unquote

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.ob3 import ldp, status, verifier
from openbadgeslib.ob3.ldp import OB3LdpVerifier, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from app.credentials import multibase


def verify_with_openbadgeslib(
    signed_json: str, did_document: dict[str, Any], status_list: str, *, at: datetime | None = None
) -> bool:
    """Whether openbadgeslib accepts this credential, its key from this DID document, its status from this signed list.

    `at` is the instant of the check, by default the present one.
    """
    try:
        refuse_with_openbadgeslib(signed_json, did_document, status_list, at=at)
    except OB3VerificationError:
        return False
    return True


def refuse_with_openbadgeslib(
    signed_json: str, did_document: dict[str, Any], status_list: str, *, at: datetime | None = None
) -> None:
    """Raise what openbadgeslib raises; return where it accepts."""
    issuer = did_document["id"]
    list_document = json.loads(status_list)
    addresses = {did_address(issuer): json.dumps(did_document), list_document["id"]: status_list}
    with clock_of_openbadgeslib(at):
        OB3LdpVerifier(issuer_did=issuer).verify(
            signed_json, check_status=True, verify_status_list=False, download=_from_memory(addresses)
        )
        _verify_list(list_document, did_document)


def verify_token_with_openbadgeslib(
    token: str, did_document: dict[str, Any], status_list: str, *, at: datetime | None = None
) -> bool:
    """The same for a JWT; its status list is a JWT too, whose signature the library checks itself."""
    issuer = did_document["id"]
    number = json.loads(urlsafe_b64decode(status_list.split(".")[1] + "=="))["id"]
    addresses = {did_address(issuer): json.dumps(did_document), number: status_list}
    download = _from_memory(addresses)
    try:
        with clock_of_openbadgeslib(at):
            OB3Verifier.for_issuer_did(issuer, download).verify(token, check_status=True, download=download)
    except OB3VerificationError:
        return False
    return True


def did_address(did: str) -> str:
    """Where did:web says its document lies."""
    return f"https://{unquote(did.removeprefix('did:web:'))}/.well-known/did.json"


def _verify_list(document: dict[str, Any], did_document: dict[str, Any]) -> None:
    if document["issuer"] != did_document["id"]:
        raise OB3VerificationError("the list is not the issuer's")
    wanted = document["proof"][0]["verificationMethod"]
    multikeys = [method for method in did_document["verificationMethod"] if method["type"] == "Multikey"]
    keys = {method["id"]: method["publicKeyMultibase"] for method in multikeys}
    if wanted not in did_document["assertionMethod"] or wanted not in keys:
        raise OB3VerificationError("the list's key is not published")
    public_key = Ed25519PublicKey.from_public_bytes(multibase.decode(keys[wanted])[2:])
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    verify_data_integrity_proof(document, pem)


def _from_memory(addresses: dict[str, str]) -> Callable[[str], bytes]:
    def download(url: str) -> bytes:
        if url not in addresses:
            raise OB3VerificationError(f"nothing is served at {url}")
        return addresses[url].encode()

    return download


@contextmanager
def clock_of_openbadgeslib(at: datetime | None) -> Iterator[None]:
    """Let the library believe it is `at`: it reads the machine's clock and takes no other."""
    if at is None:
        yield
        return

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return at.astimezone(tz or UTC)

    with pytest.MonkeyPatch.context() as patch:
        for module in (ldp, status, verifier, jwt.api_jwt):
            patch.setattr(module, "datetime", Stopped)
        yield
