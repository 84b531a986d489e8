"""Embedded proofs: eddsa-rdfc-2022 (W3C Data Integrity EdDSA Cryptosuites 1.0), signing and verifying over bytes.

What is signed are 64 bytes: the hash of the proof's options in canonical form, then the hash of the document.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.credentials import conformance, multibase, terms, validity
from app.credentials.conformance import CheckedDocument
from app.credentials.did import ED25519
from app.credentials.errors import DocumentRefused, ProofInvalid
from app.foundation.signing import Signer

SIGNATURE_BYTES = 64
_TO_STRICT_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode
OPTION_NAMES = ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose")
FIXED_OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "proofPurpose": "assertionMethod",
}


def sign(checked: CheckedDocument, *, signer: Signer, created: datetime) -> str:
    """The signed document's exact text."""
    if signer.algorithm != ED25519:
        raise ProofInvalid(f"eddsa-rdfc-2022 needs an {ED25519} key, not {signer.algorithm}")
    options = {
        "type": FIXED_OPTIONS["type"],
        "cryptosuite": FIXED_OPTIONS["cryptosuite"],
        "created": validity.to_text(created),
        "verificationMethod": signer.key_id,
        "proofPurpose": FIXED_OPTIONS["proofPurpose"],
    }
    signature = signer.sign(signed_bytes(checked.canonical, options, contexts=checked.contexts))
    proof = {**options, "proofValue": multibase.encode(signature)}
    return f'{checked.text[:-1]},"proof":[{conformance.to_text(proof)}]}}'


def signed_bytes(canonical: bytes, options: Mapping[str, str], *, contexts: Sequence[str]) -> bytes:
    """The 64 bytes under the signature: options first, read in the document's own contexts."""
    config = terms.canonical({"@context": list(contexts), **options})
    return hashlib.sha256(config).digest() + hashlib.sha256(canonical).digest()


def verify(document: Mapping[str, Any], public_bytes: bytes) -> None:
    """Return if this key signed exactly this document.

    Raises
    ------
    ProofInvalid
        Otherwise, whatever the cause.
    """
    unsigned, proof = split(document)
    options = {name: proof[name] for name in OPTION_NAMES}
    try:
        checked = conformance.check(unsigned)
        data = signed_bytes(checked.canonical, options, contexts=checked.contexts)
        Ed25519PublicKey.from_public_bytes(public_bytes).verify(_signature(proof["proofValue"]), data)
    except DocumentRefused as problem:
        raise ProofInvalid(str(problem)) from None
    except InvalidSignature:
        raise ProofInvalid("content and signature do not match") from None


def verify_signed(signed: str, checked: CheckedDocument, public_bytes: bytes) -> None:
    """The same for what was signed a moment ago: it says what was checked, and this key signed it.

    Reading it again and comparing takes the place of a second check, whose outcome could only be the same.
    """
    unsigned, proof = split(parse(signed))
    options = {name: proof[name] for name in OPTION_NAMES}
    data = signed_bytes(checked.canonical, options, contexts=checked.contexts)
    try:
        Ed25519PublicKey.from_public_bytes(public_bytes).verify(_signature(proof["proofValue"]), data)
    except InvalidSignature:
        raise ProofInvalid("content and signature do not match") from None
    if unsigned != parse(checked.text):
        raise ProofInvalid("what was signed is not what was checked")


def split(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The document without its proof, and its one proof, whose form is checked here."""
    proofs = document.get("proof")
    if not isinstance(proofs, list) or len(proofs) != 1 or not isinstance(proofs[0], Mapping):
        raise ProofInvalid("the document does not carry exactly one proof")
    proof = dict(proofs[0])
    if sorted(proof) != sorted((*OPTION_NAMES, "proofValue")) or not all(isinstance(v, str) for v in proof.values()):
        raise ProofInvalid("the proof does not have the six fields it must have")
    if any(proof[name] != value for name, value in FIXED_OPTIONS.items()):
        raise ProofInvalid("it is not an eddsa-rdfc-2022 proof made to assert")
    _check_created(proof["created"])
    return {key: value for key, value in document.items() if key != "proof"}, proof


def parse(text: str | bytes) -> dict[str, Any]:
    """The document behind a JSON text.

    Raises
    ------
    ProofInvalid
        If it is not one JSON object, says one thing twice, or holds what no JSON can be written of: half a character,
        or a number beyond all bounds.
    """
    try:
        document = json.loads(text, object_pairs_hook=_each_key_once)
        _TO_STRICT_JSON(document).encode()
    except (ValueError, RecursionError):
        raise ProofInvalid("the document is not readable JSON") from None
    if not isinstance(document, dict):
        raise ProofInvalid("the document is not a JSON object")
    return document


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _check_created(created: str) -> None:
    try:
        validity.from_text(created)
    except ValueError as problem:
        raise ProofInvalid(str(problem)) from None


def _signature(proof_value: str) -> bytes:
    try:
        signature = multibase.decode(proof_value)
    except ValueError:
        raise InvalidSignature from None
    if len(signature) != SIGNATURE_BYTES or multibase.encode(signature) != proof_value:
        raise InvalidSignature
    return signature
