"""Only a document that conforms can be signed."""

from __future__ import annotations

import random
from typing import Any

import jsonschema
import pytest

from app.credentials import codes, conformance, proof, status_list
from app.credentials.conformance import CheckedDocument
from app.credentials.errors import DocumentRefused
from tests.app.credentials.documents import (
    ISSUED_AT,
    ISSUER,
    Path,
    SeedSigner,
    a_document,
    a_random_document,
    places,
    some_facts,
    value_at,
    with_value,
    without,
)
from tests.app.credentials.published_contexts import ob3_json

DOCUMENT = a_document()
SUBJECT = ("credentialSubject",)
ACHIEVEMENT = (*SUBJECT, "achievement")
REQUIRED = [
    *[(key,) for key in DOCUMENT if key != "evidence"],
    *[("issuer", key) for key in DOCUMENT["issuer"]],
    *[(*SUBJECT, key) for key in DOCUMENT["credentialSubject"]],
    *[(*ACHIEVEMENT, key) for key in DOCUMENT["credentialSubject"]["achievement"]],
    *[(*ACHIEVEMENT, "resultDescription", 0, key) for key in ("id", "type", "name", "resultType")],
    *[(*SUBJECT, "result", 0, key) for key in ("type", "resultDescription", "value")],
    *[("credentialStatus", key) for key in DOCUMENT["credentialStatus"]],
    *[("credentialSchema", 0, key) for key in ("id", "type")],
]


def test_what_we_issue_passes_the_published_schema() -> None:
    schema = jsonschema.Draft201909Validator(ob3_json("schemas/ob_v3p0_achievementcredential_schema.json"))
    chance = random.Random(3)
    for _ in range(50):
        document = a_random_document(chance)
        conformance.check(document)
        schema.validate(document)


@pytest.mark.parametrize("place", REQUIRED, ids=str)
def test_case_035_each_required_field_is_required(place: Path) -> None:
    signer = SeedSigner()
    with pytest.raises(DocumentRefused):
        proof.sign(conformance.check(without(DOCUMENT, place)), signer=signer, created=ISSUED_AT)
    assert signer.signatures_made == 0


@pytest.mark.parametrize("place", list(places(DOCUMENT)), ids=str)
def test_a_field_beyond_those_we_sign_is_refused_everywhere(place: Path) -> None:
    changed = with_value(DOCUMENT, (*place, "email"), "someone@example.org") if place else {**DOCUMENT, "email": "x"}
    with pytest.raises(DocumentRefused, match="not a field we sign"):
        conformance.check(changed)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("@context",), DOCUMENT["@context"][::-1]),
        (("@context",), [*DOCUMENT["@context"], "https://decile.example/ours.json"]),
        (("type",), "OpenBadgeCredential"),
        (("validUntil",), "2027-11-22T10:15:01Z"),
        (("validUntil",), "2027-11-22T11:15:00+01:00"),
        (("validFrom",), "2026-11-22T10:15:00.5Z"),
        (("validFrom",), "2026-02-30T10:15:00Z"),
        (("id",), "https://decile.example/c/00000000000000001"),
        (("id",), "https://elsewhere.example/c/" + codes.code_from_bits(5)),
        (("id",), "https://decile.example/c/" + codes.code_from_bits(5).lower() + "-"),
        (("issuer", "id"), "did:web:elsewhere.example"),
        ((*SUBJECT, "id"), "mailto:someone@example.org"),
        ((*SUBJECT, "result", 0, "value"), 93.4),
        ((*SUBJECT, "result", 0, "value"), "about 93"),
        ((*SUBJECT, "result", 0, "resultDescription"), "urn:uuid:7e9d9f5c-1111-4222-8333-944455556666"),
        ((*SUBJECT, "result"), value_at(DOCUMENT, (*SUBJECT, "result"))[1:]),
        ((*ACHIEVEMENT, "resultDescription", 0, "resultType"), "Percentile"),
        ((*ACHIEVEMENT, "resultDescription", 0, "requiredValue"), 90),
        ((*ACHIEVEMENT, "name"), "SPECIMEN - Top 10% - Collaboration"),
        (("credentialStatus", "statusListIndex"), 94567),
        (("credentialStatus", "statusListIndex"), "131072"),
        (("credentialStatus", "id"), "https://decile.example/status/1#94568"),
        (("credentialStatus", "statusListCredential"), "https://elsewhere.example/status/1"),
        (("credentialSchema",), value_at(DOCUMENT, ("credentialSchema",))[0]),
        (("name",), "  "),
        (("name",), "a\x7fb"),
    ],
)
def test_facts_that_break_form_or_one_another_are_refused(place: Path, value: Any) -> None:
    with pytest.raises(DocumentRefused):
        conformance.check(with_value(DOCUMENT, place, value))


def test_a_specimen_says_so_in_all_three_places() -> None:
    specimen = a_document(some_facts(is_specimen=True))
    achievement = specimen["credentialSubject"]["achievement"]
    assert all("SPECIMEN" in text for text in (specimen["name"], achievement["name"], achievement["description"]))
    conformance.check(specimen)


def test_case_037_a_certificate_below_what_it_requires_is_not_signed_and_a_specimen_is() -> None:
    below = a_document(some_facts(percentile_rank=89.96))
    with pytest.raises(DocumentRefused, match="below what is required"):
        conformance.check_to_sign(below)
    conformance.check(below)  # what was once signed is still verified
    conformance.check_to_sign(a_document(some_facts(percentile_rank=90.0)))
    printed_as_92_5 = a_document(some_facts(percentile_rank=92.55, cut_percentile=92.55))
    conformance.check_to_sign(printed_as_92_5)
    conformance.check_to_sign(a_document(some_facts(percentile_rank=89.96, is_specimen=True)))


def test_nobody_makes_a_checked_document_by_hand() -> None:
    with pytest.raises(TypeError, match=r"conformance\.check alone"):
        CheckedDocument("{}", b"", (), {}, object())


def test_a_checked_document_does_not_follow_later_changes() -> None:
    document = a_document()
    checked = conformance.check(document)
    document["name"] = "Top 1% - Everything"
    assert "Everything" not in checked.text


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("credentialSubject", "encodedList"), "uH4sIAAAAAAAA"),
        (("credentialSubject", "statusPurpose"), "suspension"),
        (("credentialSubject", "ttl"), "60000"),
        (("credentialSubject", "ttl"), 0),
        (("issuer",), "did:web:elsewhere.example"),
        (("id",), "https://decile.example/lists/1"),
    ],
)
def test_a_status_list_that_cannot_be_relied_on_is_refused(place: Path, value: Any) -> None:
    document = status_list.document(1, [5], issuer=ISSUER, valid_from=ISSUED_AT, ttl_seconds=60)
    conformance.check(document)
    with pytest.raises(DocumentRefused):
        conformance.check(with_value(document, place, value))
