"""The receipt of a check: made of what was signed before, and worth something without us."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from app.credentials import codes
from app.credentials.models import IssuerKey, StatusList
from app.credentials.states import Visibility
from tests.app.credentials.openbadges_verifier import verify_with_openbadgeslib
from tests.app.verification.register import FRENCH, HTML
from tests.app.verification.test_files import hand_over

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_an_outside_verifier_needs_nothing_but_the_receipt(client, register, clock) -> None:
    code = register.issued()
    receipt = client.get(f"/c/{code}/receipt.json").json
    assert (receipt["verdict"], receipt["checked_at"]) == ("valid", "2026-11-23T12:00:00Z")
    assert receipt["credential"] == client.get(f"/c/{code}.json").text
    at = clock.now() + timedelta(minutes=1)
    assert verify_with_openbadgeslib(receipt["credential"], receipt["did_document"], receipt["status_list"], at=at)
    for part in ("credential", "status_list"):
        assert receipt[f"{part}_sha256"] == hashlib.sha256(receipt[part].encode()).hexdigest()


def test_its_parts_are_what_was_signed_before_and_the_web_process_signs_nothing(client, register, runtime) -> None:
    code = register.issued()
    assert runtime.signer is None
    receipt = client.get(f"/c/{code}/receipt.json").json
    with runtime.reading() as session:
        assert receipt["status_list"] == session.get_one(StatusList, 1).signed_document
    signed = [name for name, value in receipt.items() if isinstance(value, str) and "proofValue" in value]
    assert signed == ["credential", "status_list"]


def test_its_credential_can_be_handed_over_at_verify(client, register) -> None:
    receipt = client.get(f"/c/{register.issued()}/receipt.json").json
    assert hand_over(client, receipt["credential"].encode()).json["verdict"] == "valid"


def test_of_a_key_that_others_had_it_does_not_say_that_the_keys_within_check_everything(
    client, register, clock
) -> None:
    code = register.issued()
    before = client.get(f"/c/{code}/receipt.json").json["note"]
    with register.database.transaction() as session:
        for key in session.query(IssuerKey):
            key.declare_compromised(clock.now(), at=clock.now())
    receipt = client.get(f"/c/{code}/receipt.json").json
    assert receipt["did_document"].get("verificationMethod", []) == []
    assert "check both" in before
    assert "check both" not in receipt["note"]
    assert "in other hands" in receipt["note"]


def test_the_page_says_what_held_when_and_that_this_is_our_word(client, register) -> None:
    code = register.issued(shown_name="Zoë O’Neil")
    page = client.get(f"/c/{code}/receipt", headers=HTML)
    told = client.get(f"/c/{code}/receipt.json").json
    for part in ("VALID", "23 November 2026, 12:00 UTC", told["credential_sha256"], told["status_list_sha256"],
                 "not signed", codes.grouped(code), f"http://localhost/c/{code}"):  # fmt: skip
        assert part in page.text
    assert "Zoë" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "Reçu d’une vérification" in client.get(f"/c/{code}/receipt", headers=FRENCH).text
    assert f'href="/c/{code}/receipt"' in client.get(f"/c/{code}", headers=HTML).text


def test_after_a_revocation_the_receipt_says_so_also_before_the_list_does(client, register) -> None:
    code = register.issued()
    register.revoke(code)
    assert client.get(f"/c/{code}/receipt.json").json["verdict"] == "revoked"
    assert "REVOKED" in client.get(f"/c/{code}/receipt", headers=HTML).text


def test_a_missing_list_is_said_and_never_valid(client, register, runtime) -> None:
    code = register.issued()
    with runtime.transaction() as session:
        row = session.get_one(StatusList, 1)
        row.signed_document = row.published_at = None
    receipt = client.get(f"/c/{code}/receipt.json").json
    assert (receipt["verdict"], receipt["status_list"]) == ("unknown", None)
    assert "no list could be read" in client.get(f"/c/{code}/receipt", headers=HTML).text


def test_there_is_no_receipt_of_an_altered_record(client, register) -> None:
    code = register.issued()
    register.change(code, signed_document="{}")
    assert client.get(f"/c/{code}/receipt", headers=HTML).location == f"/c/{code}"
    assert client.get(f"/c/{code}/receipt.json").location == f"/c/{code}.json"


@pytest.mark.parametrize("path", ["/c/{}/receipt", "/c/{}/receipt.json"])
def test_private_and_unknown_codes_answer_alike(client, register, path) -> None:
    pair = (register.issued(Visibility.PRIVATE), codes.code_from_bits(12345))
    first, second = (client.get(path.format(code), headers=HTML) for code in pair)
    assert (first.status, first.data) == (second.status, second.data)
    assert first.status_code == 404


def test_previews_of_other_sites_claim_nothing(client, register) -> None:
    page = client.get(f"/c/{register.issued(shown_name='Zoë')}", headers=HTML).text
    head = page[: page.index("</head>")]
    previews = [line for line in head.splitlines() if "og:" in line or "twitter:" in line or "<title>" in line]
    assert len(previews) >= 9
    for line in previews:
        assert "valid" not in line.lower()
        assert "Zoë" not in line
    assert 'content="http://localhost/static/preview.png?v=' in head
    picture = client.get("/static/preview.png")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert picture.data[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")
    assert json.loads(client.get(f"/c/{codes.code_from_bits(1)}.json").text)["status"] == 404
