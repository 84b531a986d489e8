"""Our table of terms gives the graph of the published contexts, and refuses what they would silently drop."""

from __future__ import annotations

import random

import pytest

from app.credentials import did, proof, status_list, terms
from app.credentials.errors import DocumentRefused
from tests.app.credentials.documents import (
    ISSUED_AT,
    ISSUER,
    SeedSigner,
    a_document,
    a_random_document,
    places,
    some_facts,
    value_at,
    with_value,
)
from tests.app.credentials.published_contexts import canonical_with_pyld, ob3_json

RANDOM_CREDENTIALS = 300
FULL_DOCUMENT = a_document(some_facts(esco_uri="http://data.europa.eu/esco/skill/1", esco_name="work in teams"))


def test_random_credentials_have_the_graph_of_the_published_contexts() -> None:
    chance = random.Random(20261122)
    different = 0
    for number in range(RANDOM_CREDENTIALS):
        document = a_random_document(chance)
        different += terms.canonical(document) != canonical_with_pyld(document, older=number % 2 == 0)
    assert different == 0


def test_a_status_list_has_the_graph_of_the_published_context() -> None:
    document = status_list.document(7, [3, 70_000], issuer=ISSUER, valid_from=ISSUED_AT, ttl_seconds=60)
    assert terms.canonical(document) == canonical_with_pyld(document)


def test_a_did_document_has_the_graph_of_the_published_contexts() -> None:
    first, second = SeedSigner(), SeedSigner(f"{ISSUER.did}#2027-01-12345678", bytes(32))
    document = did.did_document(ISSUER.did, [first, second])
    assert terms.canonical(document) == canonical_with_pyld(document)


def test_the_options_of_a_proof_have_the_graph_of_the_published_contexts() -> None:
    options = {**proof.FIXED_OPTIONS, "created": "2026-11-22T10:15:00Z", "verificationMethod": SeedSigner().key_id}
    config = {"@context": FULL_DOCUMENT["@context"], **options}
    assert terms.canonical(config) == canonical_with_pyld(config)


def test_the_published_vector_has_the_published_hashes() -> None:
    import_vector = ob3_json("vectors/1edtech-ob3-eddsa-rdfc-2022.json")
    unsigned = import_vector["unsigned"]
    options = {
        **proof.FIXED_OPTIONS,
        "created": import_vector["created"],
        "verificationMethod": import_vector["verificationMethod"],
    }
    hashes = proof.signed_bytes(terms.canonical(unsigned), options, contexts=unsigned["@context"])
    assert hashes.hex() == import_vector["expectedProofHash"] + import_vector["expectedDocumentHash"]


@pytest.mark.parametrize("place", list(places(FULL_DOCUMENT)), ids=str)
def test_a_made_up_term_is_refused_at_every_level(place: tuple[str | int, ...]) -> None:
    holder = value_at(FULL_DOCUMENT, place)
    changed = with_value(FULL_DOCUMENT, (*place, "madeUp"), "x") if place else {**FULL_DOCUMENT, "madeUp": "x"}
    assert "madeUp" not in holder
    with pytest.raises(DocumentRefused, match="no context given defines this term"):
        terms.canonical(changed)


@pytest.mark.parametrize("term", ["endorsementJwt", "jti", "image", "confidenceMethod", "proof"])
def test_published_terms_that_we_do_not_sign_are_refused(term: str) -> None:
    with pytest.raises(DocumentRefused):
        terms.canonical({**FULL_DOCUMENT, term: "x"})


def test_a_term_does_not_reach_into_the_nodes_below() -> None:
    with pytest.raises(DocumentRefused, match="resultType"):
        terms.canonical(
            with_value(FULL_DOCUMENT, ("credentialSubject", "achievement", "criteria", "resultType"), "Percent")
        )


@pytest.mark.parametrize("text", ["a\x08b", "a\x7fb", "a\rb", "tab\there", "lone \ud800 surrogate", "\x00"])
def test_a_control_character_is_refused(text: str) -> None:
    with pytest.raises(DocumentRefused, match="control character"):
        terms.canonical({**FULL_DOCUMENT, "name": text})


@pytest.mark.parametrize("value", [None, True, 1.5, {"@value": "x"}, [["x"]], ["x", "x"]])
def test_a_value_that_would_not_be_signed_as_written_is_refused(value: object) -> None:
    with pytest.raises(DocumentRefused):
        terms.canonical({**FULL_DOCUMENT, "name": value})


@pytest.mark.parametrize("iri", ["collaboration", "/c/x", "@type", "_:b0", "ftp://host/x", "https://a b", "name:x"])
def test_an_id_that_is_not_an_absolute_address_is_refused(iri: str) -> None:
    with pytest.raises(DocumentRefused):
        terms.canonical({**FULL_DOCUMENT, "id": iri})


@pytest.mark.parametrize("contexts", [None, "https://www.w3.org/ns/credentials/v2", [], [{"madeUp": "https://x/y"}]])
def test_contexts_that_are_not_a_list_of_known_addresses_are_refused(contexts: object) -> None:
    with pytest.raises(DocumentRefused):
        terms.canonical({**FULL_DOCUMENT, "@context": contexts})


def test_without_the_third_context_the_schema_type_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="1EdTechJsonSchemaValidator2019"):
        terms.canonical({**FULL_DOCUMENT, "@context": FULL_DOCUMENT["@context"][:2]})


@pytest.mark.parametrize(
    ("text", "spelled"),
    [('says "yes"', r"says \"yes\""), ("a\\b", r"a\\b"), ("one\ntwo", r"one\ntwo"), ("plain, é 漢", "plain, é 漢")],
)
def test_a_text_is_escaped_as_n_quads_want_it(text: str, spelled: str) -> None:
    document = {**a_document(some_facts()), "name": text}
    assert f'<https://schema.org/name> "{spelled}" .\n'.encode() in terms.canonical(document)
