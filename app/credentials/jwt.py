"""The same facts as a JWT (VC-JWT, Open Badges 3.0 section 8.2): RS256, the one algorithm every verifier must know.

The document stands at the top level of the payload, beside the registered claims that repeat five of its facts. A token
whose claims and document disagree is refused, so the two cannot be played against each other.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.credentials import claims, conformance, proof
from app.credentials.conformance import CheckedDocument
from app.credentials.did import RS256
from app.credentials.errors import DocumentRefused, ProofInvalid
from app.foundation.signing import Signer

MEDIA_TYPE = "application/vc+jwt"
TYPE = "JWT"
HEADER_NAMES = ["alg", "kid", "typ"]
PARTS = 3


def sign(checked: CheckedDocument, *, signer: Signer) -> str:
    """The signed document as a compact token."""
    if signer.algorithm != RS256:
        raise ProofInvalid(f"a JWT needs an {RS256} key, not {signer.algorithm}")
    header = conformance.to_text({"alg": RS256, "kid": signer.key_id, "typ": TYPE})
    payload = f"{checked.text[:-1]},{conformance.to_text(dict(checked.claims))[1:]}"
    signed = f"{_encoded(header.encode())}.{_encoded(payload.encode())}"
    return f"{signed}.{_encoded(signer.sign(signed.encode('ascii')))}"


def verify(token: str, public_bytes: bytes) -> None:
    """Return if this RSA key (DER) signed exactly this token and its claims agree with its document.

    Raises
    ------
    ProofInvalid
        Otherwise, whatever the cause.
    """
    # Half of the library's import time is for algorithms nobody uses here; only who is handed a token pays it.
    from joserfc import jws  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import RSAKey  # noqa: PLC0415

    key_of(token)
    try:
        signed = jws.deserialize_compact(token, RSAKey.import_key(public_bytes), algorithms=[RS256])
        payload = proof.parse(signed.payload)
        document = _document(payload)
        conformance.check(document)
        agrees = {name: payload.get(name) for name in claims.NAMES if name in payload} == claims.claims_of(document)
    except (JoseError, ValueError) as problem:
        raise ProofInvalid(f"the token is not signed by this key: {problem}") from None
    except DocumentRefused as problem:
        raise ProofInvalid(str(problem)) from None
    if not agrees:
        raise ProofInvalid("the token's claims and its document disagree")


def verify_signed(token: str, checked: CheckedDocument, public_bytes: bytes) -> None:
    """The same for a token signed a moment ago from this document, without checking the document again."""
    head, body, signature = _parts(token)
    key = load_der_public_key(public_bytes)
    if not isinstance(key, RSAPublicKey):
        raise ProofInvalid("the key is not an RSA key")
    try:
        key.verify(_decoded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise ProofInvalid("the token is not signed by this key") from None
    if proof.parse(_decoded(body)) != {**proof.parse(checked.text), **checked.claims}:
        raise ProofInvalid("what was signed is not what was checked")


def document_of(token: str) -> dict[str, Any]:
    """What the token says, whoever signed it.

    Raises
    ------
    ProofInvalid
        If it is not a compact token with one JSON object inside.
    """
    return _document(proof.parse(_decoded(_parts(token)[1])))


def key_of(token: str) -> str:
    """Id of the key that the token says signed it; its header is checked here.

    Raises
    ------
    ProofInvalid
    """
    header = proof.parse(_decoded(_parts(token)[0]))
    if sorted(header) != HEADER_NAMES or header["alg"] != RS256 or header["typ"] != TYPE:
        raise ProofInvalid(f"the token's header is not that of {TYPE} and {RS256} with a key id, and nothing else")
    if not isinstance(header["kid"], str):
        raise ProofInvalid("the token's key id is not a text")
    return header["kid"]


def _document(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in claims.NAMES}


def _parts(token: str) -> list[str]:
    parts = token.split(".")
    if len(parts) != PARTS or not token.isascii():
        raise ProofInvalid("it is not a compact token")
    return parts


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ProofInvalid("the token is not base64url") from None
