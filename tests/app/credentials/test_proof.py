"""Signing and verifying over bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.credentials import conformance, multibase, proof, status_list, terms
from app.credentials.errors import ProofInvalid
from tests.app.credentials.documents import (
    ISSUED_AT,
    ISSUER,
    Path,
    SeedSigner,
    a_document,
    a_signed_document,
    leaves,
    places,
    some_facts,
    value_at,
    with_value,
    without,
)
from tests.app.credentials.published_contexts import ob3_json

SIGNER = SeedSigner()
SIGNED = a_signed_document(SIGNER, esco_uri="http://data.europa.eu/esco/skill/1", esco_name="work in teams")


def holds(document: dict[str, Any]) -> bool:
    try:
        proof.verify(document, SIGNER.public_bytes)
    except ProofInvalid:
        return False
    return True


def test_the_published_vector_has_the_published_signature_byte_for_byte() -> None:
    vector = ob3_json("vectors/1edtech-ob3-eddsa-rdfc-2022.json")
    signer = SeedSigner(vector["verificationMethod"], bytes.fromhex(vector["privateSeedHex"]))
    options = {**proof.FIXED_OPTIONS, "created": vector["created"], "verificationMethod": signer.key_id}
    canonical = terms.canonical(vector["unsigned"])
    signature = signer.sign(proof.signed_bytes(canonical, options, contexts=vector["unsigned"]["@context"]))
    assert multibase.encode(signature) == vector["expectedProofValue"]


def test_what_was_signed_verifies() -> None:
    assert holds(SIGNED)


def test_a_signed_status_list_verifies_and_its_change_does_not() -> None:
    document = status_list.document(1, [5], issuer=ISSUER, valid_from=ISSUED_AT, ttl_seconds=60)
    signed = proof.parse(proof.sign(conformance.check(document), signer=SIGNER, created=ISSUED_AT))
    assert holds(signed)
    assert not holds(with_value(signed, ("credentialSubject", "ttl"), 60_001))
    other = status_list.encode(status_list.bitstring([]))
    assert not holds(with_value(signed, ("credentialSubject", "encodedList"), other))


@pytest.mark.parametrize("place", list(leaves(SIGNED)), ids=str)
def test_a_change_of_any_one_leaf_is_rejected(place: Path) -> None:
    value = value_at(SIGNED, place)
    changes = [value + "x", value[:-1], value[1:], value.swapcase(), "", None, 0, [value], {"id": value}]
    assert [change for change in changes if change != value and holds(with_value(SIGNED, place, change))] == []


@pytest.mark.parametrize("place", [place for place in leaves(SIGNED) if place], ids=str)
def test_the_removal_of_any_one_leaf_is_rejected(place: Path) -> None:
    assert not holds(without(SIGNED, place))


@pytest.mark.parametrize("place", list(places(SIGNED)), ids=str)
def test_an_added_field_is_rejected_everywhere(place: Path) -> None:
    changed = with_value(SIGNED, (*place, "note"), "x") if place else {**SIGNED, "note": "x"}
    assert not holds(changed)


def test_another_key_does_not_verify() -> None:
    with pytest.raises(ProofInvalid, match="do not match"):
        proof.verify(SIGNED, SeedSigner(seed=bytes(32)).public_bytes)


def test_the_signed_text_is_the_reserved_text_with_the_proof_behind_it() -> None:
    checked = conformance.check(a_document(some_facts(skill_name="Zusammenarbeit – 協力")))
    signed = proof.sign(checked, signer=SIGNER, created=ISSUED_AT)
    assert signed.startswith(checked.text[:-1] + ',"proof":[{')
    assert json.loads(signed)["credentialSubject"] == json.loads(checked.text)["credentialSubject"]


def test_a_key_for_another_algorithm_signs_nothing() -> None:
    signer = SeedSigner()
    signer.algorithm = "RS256"
    with pytest.raises(ProofInvalid, match="needs an Ed25519 key"):
        proof.sign(conformance.check(a_document()), signer=signer, created=ISSUED_AT)
    assert signer.signatures_made == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"a":1,"a":2}', "[" * 100_000, '"\\ud800"', b"\xff\xfe", '{"a":NaN}x']
)
def test_an_unreadable_text_is_a_refusal_and_not_a_crash(text: str | bytes) -> None:
    with pytest.raises(ProofInvalid):
        proof.verify(proof.parse(text), SIGNER.public_bytes)


@pytest.mark.parametrize("value", ["z", "z0", "u" + "A" * 86, "z" + "1" * 200, SIGNED["proof"][0]["proofValue"] + "1"])
def test_a_proof_value_that_is_not_a_signature_is_rejected(value: str) -> None:
    assert not holds(with_value(SIGNED, ("proof", 0, "proofValue"), value))


@pytest.mark.parametrize("proofs", [[], {}, None, "x", SIGNED["proof"] * 2, SIGNED["proof"][0]])
def test_anything_but_exactly_one_proof_is_rejected(proofs: Any) -> None:
    assert not holds({**SIGNED, "proof": proofs})
