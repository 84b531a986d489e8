"""Our documents before a verifier nobody here wrote."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from app.credentials import conformance, did, jwt, proof, status_list
from tests.app.credentials.documents import (
    ISSUED_AT,
    ISSUER,
    SeedSigner,
    a_jwt_signer,
    a_signed_document,
    leaves,
    value_at,
    with_value,
)
from tests.app.credentials.openbadges_verifier import verify_with_openbadgeslib

LATER = ISSUED_AT + timedelta(days=1)
SIGNER = SeedSigner()
DID_DOCUMENT = did.did_document(ISSUER.did, [SIGNER, a_jwt_signer()])


def a_signed_list(*revoked: int, as_jwt: bool = False) -> str:
    document = status_list.document(1, revoked, issuer=ISSUER, valid_from=ISSUED_AT, ttl_seconds=60)
    if as_jwt:
        return jwt.sign(conformance.check(document), signer=a_jwt_signer())
    return proof.sign(conformance.check(document), signer=SIGNER, created=ISSUED_AT)


EMPTY_LIST = a_signed_list()


def accepts(document: dict[str, Any], listed: str = EMPTY_LIST, **how: Any) -> bool:
    return verify_with_openbadgeslib(json.dumps(document), DID_DOCUMENT, listed, at=how.get("at", LATER))


def test_a_signed_credential_is_accepted() -> None:
    assert accepts(a_signed_document(SIGNER))


def test_a_signed_specimen_with_an_alignment_is_accepted() -> None:
    assert accepts(
        a_signed_document(SIGNER, is_specimen=True, esco_uri="http://data.europa.eu/esco/skill/1", esco_name="x")
    )


def test_the_key_order_of_the_json_does_not_matter() -> None:
    document = a_signed_document(SIGNER)
    assert verify_with_openbadgeslib(json.dumps(document, sort_keys=True, indent=2), DID_DOCUMENT, EMPTY_LIST, at=LATER)


def test_a_change_of_any_one_leaf_is_rejected() -> None:
    document = a_signed_document(SIGNER)
    accepted = [
        path for path in leaves(document) if accepts(with_value(document, path, value_at(document, path) + "0"))
    ]
    assert accepted == []


def test_a_revoked_credential_is_rejected() -> None:
    document = a_signed_document(SIGNER)
    index = int(document["credentialStatus"]["statusListIndex"])
    assert not accepts(document, a_signed_list(index))
    assert accepts(document, a_signed_list(index - 1, index + 1))


def test_a_list_signed_by_another_key_is_rejected() -> None:
    changed = json.loads(EMPTY_LIST)
    changed["credentialSubject"]["ttl"] = 3_600_000
    assert not accepts(a_signed_document(SIGNER), json.dumps(changed))


def test_a_key_that_is_not_published_is_rejected() -> None:
    other = SeedSigner(key_id=f"{ISSUER.did}#2026-12-ffffffff", seed=bytes(32))
    assert not accepts(a_signed_document(other))


@pytest.mark.parametrize(("days", "expected"), [(364, True), (366, False)])
def test_the_term_is_one_year(days: int, expected: bool) -> None:
    assert accepts(a_signed_document(SIGNER), at=ISSUED_AT + timedelta(days=days)) is expected
