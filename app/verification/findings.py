"""What a stranger could find out about a signed document: whether the signature holds, whether it is revoked.

Both are pure in the texts and the key, so their outcomes are remembered; what is read from the register is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from app.credentials import jwt, proof, queries, status_list
from app.credentials.did import ED25519, RS256
from app.credentials.errors import ProofInvalid, StatusListInvalid, StatusListMissing, StatusListNotFound

REMEMBERED_SIGNATURES = 512  # as many as certificates, whose texts these are (`remembered.MOST`)
REMEMBERED_LISTS = 16  # 16 kB each


def is_token(text: str) -> bool:
    """Whether this is to be read as a JWT; otherwise as a document with its proof inside."""
    return not text.lstrip().startswith("{")


def signature_holds(text: str, *, session: Session) -> bool | None:
    """Whether a published key of the issuer it names signed exactly this; None if that key is not published."""
    return _holds(text, _key_id(text), ED25519, _verifies, session=session)


def token_holds(token: str, *, session: Session) -> bool | None:
    """The same for a JWT."""
    return _holds(token, _key_id_of_token(token), RS256, _token_verifies, session=session)


def _holds(
    text: str, key_id: str | None, algorithm: str, verifies: Callable[[str, str, bytes], bool], *, session: Session
) -> bool | None:
    if key_id is None:
        return False
    public_bytes = queries.public_key(key_id, algorithm, session=session)
    return verifies(text, key_id, public_bytes) if public_bytes is not None else None


def key_is_compromised(text: str, *, session: Session) -> bool:
    """Whether this document or JWT names a key of ours that was declared to be in other hands."""
    key_id = _key_id_of_token(text) if is_token(text) else _key_id(text)
    return key_id is not None and queries.is_compromised(key_id, session=session)


def is_listed_as_revoked(document: Mapping[str, Any], *, session: Session) -> bool | None:
    """What the signed status list says; None if it is missing, unreadable, or not the issuer's."""
    status = document["credentialStatus"]
    url, index = str(status["statusListCredential"]), int(status["statusListIndex"])
    try:
        published = queries.status_list(int(url.rpartition("/")[2]), session=session)
        key_id = _key_id(published.signed_document)
        public_bytes = queries.public_key(key_id, ED25519, session=session) if key_id else None
        if key_id is None or public_bytes is None:
            return None
        bits = _bits(published.signed_document, key_id, public_bytes, url, document["issuer"]["id"])
        return status_list.is_set(bits, index)
    except (StatusListMissing, StatusListNotFound, StatusListInvalid, ProofInvalid, ValueError):
        return None


@lru_cache(maxsize=REMEMBERED_LISTS)
def _key_id(text: str) -> str | None:
    try:
        _, options = proof.split(proof.parse(text))
    except ProofInvalid:
        return None
    return options["verificationMethod"]


def _key_id_of_token(token: str) -> str | None:
    try:
        return jwt.key_of(token)
    except ProofInvalid:
        return None


@lru_cache(maxsize=REMEMBERED_SIGNATURES)
def _token_verifies(token: str, key_id: str, public_bytes: bytes) -> bool:
    try:
        jwt.verify(token, public_bytes)
    except ProofInvalid:
        return False
    return bool(_issuer_of(jwt.document_of(token)) == key_id.partition("#")[0])


@lru_cache(maxsize=REMEMBERED_SIGNATURES)
def _verifies(text: str, key_id: str, public_bytes: bytes) -> bool:
    document = proof.parse(text)
    try:
        proof.verify(document, public_bytes)
    except ProofInvalid:
        return False
    return bool(_issuer_of(document) == key_id.partition("#")[0])


@lru_cache(maxsize=REMEMBERED_LISTS)
def _bits(text: str, key_id: str, public_bytes: bytes, url: str, issuer: str) -> bytes:
    document = proof.parse(text)
    if not _verifies(text, key_id, public_bytes) or document["id"] != url or document["issuer"] != issuer:
        raise ProofInvalid("this is not the list the credential points to")
    return status_list.decode(document["credentialSubject"]["encodedList"])


def _issuer_of(document: Mapping[str, Any]) -> Any:
    issuer = document["issuer"]
    return issuer["id"] if isinstance(issuer, Mapping) else issuer
