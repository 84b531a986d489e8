"""What the document says, and what it never says."""

from __future__ import annotations

import json

import pytest

from app.credentials import conformance, open_badge
from app.credentials.did import Issuer, did_web
from app.credentials.errors import DocumentRefused
from tests.app.credentials.documents import a_document, an_identity, some_facts


def test_the_facts_are_told_as_results_with_their_descriptions() -> None:
    told = open_badge.told_facts(a_document())
    assert told == {
        "percentile-rank": "93.4",
        "band-low": "86.2",
        "band-high": "97.1",
        "decision-confidence": "0.81",
        "norm-version": "COL-2026.2",
        "norm-group": "adults working in any occupation",
        "norm-size": "5120",
        "norm-window": "2024-11-01/2026-10-31",
        "cut": "1.282",
        "cut-error": "0.031",
        "mode": "open",
        "statements": "11",
        "scenarios": "9",
    }


@pytest.mark.parametrize(
    ("rank", "confidence", "told"),
    [
        (89.9999999999999, 0.4999999999999, ("90.0", "0.50")),
        (90.0, 0.5, ("90.0", "0.50")),
        (89.96, 0.4999, ("89.9", "0.49")),
        (90.04, 0.5001, ("90.0", "0.50")),
        (99.999, 0.99999, ("99.9", "0.99")),
    ],
)
def test_case_037_a_printed_figure_never_crosses_the_line_that_the_true_one_did_not(
    rank: float, confidence: float, told: tuple[str, str]
) -> None:
    facts = open_badge.told_facts(a_document(some_facts(percentile_rank=rank, decision_confidence=confidence)))
    assert (facts["percentile-rank"], facts["decision-confidence"]) == told


def test_nothing_about_the_person_is_inside() -> None:
    text = json.dumps(a_document()).lower()
    assert set(a_document()["credentialSubject"]) == {"id", "type", "achievement", "result"}
    assert "@" not in text.replace("@context", "")
    assert "identifier" not in text


def test_case_026_two_credentials_share_nothing_but_the_achievement() -> None:
    other = an_identity(subject_id=an_identity().subject_id.__class__(int=7, version=4))
    first, second = a_document(), a_document(identity=other)
    assert first["credentialSubject"]["id"] != second["credentialSubject"]["id"]
    assert first["credentialSubject"]["achievement"]["id"] == second["credentialSubject"]["achievement"]["id"]


def test_a_norm_without_dates_says_so() -> None:
    document = a_document(some_facts(norm_window_start_on=None, norm_window_end_on=None))
    assert open_badge.told_facts(document)["norm-window"] == "dates not recorded"


def test_a_port_is_escaped_in_the_did() -> None:
    assert did_web("http://127.0.0.1:8000") == "did:web:127.0.0.1%3A8000"
    assert Issuer("x", "https://decile.example").did == "did:web:decile.example"


def test_the_evidence_is_the_public_card_of_the_norm() -> None:
    card, log = a_document()["evidence"]
    assert log["id"].startswith("https://decile.example/log/proof/")
    assert card["id"] == "https://decile.example/norms/0b6f9a52-5555-4666-8777-888899990000"
    assert "5120 people, 2024-11-01 to 2026-10-31" in card["narrative"]


def test_evidence_at_a_strange_address_is_not_signed() -> None:
    document = a_document()
    document["evidence"][0]["id"] = "https://evil.example/norms/1"
    with pytest.raises(DocumentRefused, match="evidence"):
        conformance.check(document)


def test_what_was_issued_before_norm_cards_were_named_still_passes() -> None:
    document = a_document()
    del document["evidence"]
    assert conformance.check(document)


def test_every_fact_that_the_certificate_prints_is_a_result_with_its_description() -> None:
    subject = a_document()["credentialSubject"]
    descriptions = {one["id"]: one for one in subject["achievement"]["resultDescription"]}
    assert {one["resultDescription"] for one in subject["result"]} == set(descriptions)
    rank = next(one for one in descriptions.values() if one["name"] == "Percentile rank")
    assert (rank["resultType"], rank["valueMin"], rank["valueMax"], rank["requiredValue"]) == (
        "Percent",
        "0",
        "100",
        "90",
    )


def test_the_skill_is_aligned_with_esco_where_esco_has_it() -> None:
    document = a_document(some_facts(esco_uri="http://data.europa.eu/esco/skill/1", esco_name="work in teams"))
    (alignment,) = document["credentialSubject"]["achievement"]["alignment"]
    assert (alignment["targetFramework"], alignment["targetName"]) == ("ESCO", "work in teams")
