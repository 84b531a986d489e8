"""Credentials as JWTs: before our own verifier, openbadgeslib, joserfc and PyJWT."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from joserfc import jwt as jose_jwt
from joserfc.jwk import KeySet

from app.credentials import claims, conformance, did, jwt, proof, validity
from app.credentials.errors import ProofInvalid
from tests.app.credentials.documents import (
    ISSUED_AT,
    ISSUER,
    JWT_KEY_ID,
    SeedSigner,
    a_document,
    a_jwt_signer,
    a_token,
    leaves,
    value_at,
    with_value,
)
from tests.app.credentials.openbadges_verifier import verify_token_with_openbadgeslib
from tests.app.credentials.test_openbadges_verifier import DID_DOCUMENT, a_signed_list

LATER = ISSUED_AT + timedelta(days=1)
PUBLIC = a_jwt_signer().public_bytes


def part(token: str, position: int) -> dict[str, Any]:
    text = token.split(".")[position]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_part(token: str, position: int, value: Any) -> str:
    parts = token.split(".")
    parts[position] = encoded(value)
    return ".".join(parts)


def resigned(payload: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """A token whose signature is good, whatever it says."""
    signed = f"{encoded(header or {'alg': 'RS256', 'kid': JWT_KEY_ID, 'typ': 'JWT'})}.{encoded(payload)}"
    signature = a_jwt_signer().sign(signed.encode())
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def holds(token: str) -> bool:
    try:
        jwt.verify(token, PUBLIC)
    except ProofInvalid:
        return False
    return True


def test_header_and_claims_are_those_of_the_standard() -> None:
    token, document = a_token(), a_document()
    assert part(token, 0) == {"alg": "RS256", "kid": JWT_KEY_ID, "typ": "JWT"}
    payload = part(token, 1)
    assert {name: payload.pop(name) for name in claims.NAMES} == {
        "iss": ISSUER.did,
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": int(ISSUED_AT.timestamp()),
        "exp": int(validity.same_date_next_year(ISSUED_AT).timestamp()),
    }
    assert payload == document


def test_the_token_holds_and_gives_its_document_back() -> None:
    token = a_token()
    assert holds(token)
    assert jwt.document_of(token) == a_document()
    assert jwt.key_of(token) == JWT_KEY_ID


def test_joserfc_and_pyjwt_accept_it_with_the_published_keys() -> None:
    token, published = a_token(), did.jwks([a_jwt_signer(), SeedSigner()])
    assert [key["kid"] for key in published["keys"]] == [JWT_KEY_ID]
    assert not {"d", "p", "q"} & published["keys"][0].keys()
    claims = jose_jwt.decode(token, KeySet.import_key_set(published), algorithms=["RS256"]).claims
    assert claims["jti"] == a_document()["id"]
    (method,) = [one for one in DID_DOCUMENT["verificationMethod"] if one["type"] == "JsonWebKey"]
    key = pyjwt.PyJWK(method["publicKeyJwk"])
    assert method["id"] in DID_DOCUMENT["assertionMethod"]
    assert pyjwt.decode(token, key, algorithms=["RS256"], options={"verify_exp": False, "verify_nbf": False}) == claims


@pytest.mark.parametrize("changes", [{}, {"is_specimen": True, "esco_uri": "http://x.example/1", "esco_name": "x"}])
def test_openbadgeslib_accepts_it(changes: dict[str, Any]) -> None:
    assert verify_token_with_openbadgeslib(a_token(**changes), DID_DOCUMENT, a_signed_list_token(), at=LATER)


def test_openbadgeslib_sees_the_term_and_the_revocation_in_a_signed_list() -> None:
    token = a_token()
    index = int(a_document()["credentialStatus"]["statusListIndex"])
    assert not verify_token_with_openbadgeslib(token, DID_DOCUMENT, a_signed_list_token(index), at=LATER)
    assert verify_token_with_openbadgeslib(token, DID_DOCUMENT, a_signed_list_token(index - 1), at=LATER)
    for days, expected in ((364, True), (366, False)):
        at = ISSUED_AT + timedelta(days=days)
        assert verify_token_with_openbadgeslib(token, DID_DOCUMENT, a_signed_list_token(), at=at) is expected


def test_a_change_of_any_one_leaf_is_rejected_by_both() -> None:
    token = a_token()
    for position in (0, 1):
        told = part(token, position)
        for path in leaves(told):
            value = value_at(told, path)
            changed = with_part(token, position, with_value(told, path, value + (1 if isinstance(value, int) else "0")))
            assert not holds(changed), path
            assert not verify_token_with_openbadgeslib(changed, DID_DOCUMENT, a_signed_list_token(), at=LATER), path


def test_every_other_spelling_of_the_signature_is_rejected() -> None:
    token = a_token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [token[:-1] + letter for letter in alphabet if letter != token[-1]]
    assert not any(holds(other) for other in (*others, token + "=", token + "\n", " " + token))


@pytest.mark.parametrize("claim", claims.NAMES)
def test_a_signed_token_whose_claims_and_document_disagree_is_rejected(claim: str) -> None:
    payload = part(a_token(), 1)
    assert holds(resigned(payload))
    value = payload[claim]
    assert not holds(resigned({**payload, claim: value + (1 if isinstance(value, int) else "x")}))
    assert not holds(resigned({name: one for name, one in payload.items() if name != claim}))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": JWT_KEY_ID, "typ": "JWT"},
        {"alg": "HS256", "kid": JWT_KEY_ID, "typ": "JWT"},
        {"alg": "RS256", "typ": "JWT"},
        {"alg": "RS256", "kid": 1, "typ": "JWT"},
        {"alg": "RS256", "kid": JWT_KEY_ID, "typ": "JWT", "jwk": {}},
        {"alg": "RS256", "kid": JWT_KEY_ID, "typ": "JWT", "crit": ["b64"], "b64": False},
    ],
)
def test_a_header_of_another_form_is_rejected_though_the_signature_is_good(header: dict[str, Any]) -> None:
    assert not holds(resigned(part(a_token(), 1), header))


def test_a_field_we_do_not_sign_is_rejected_even_when_signed() -> None:
    assert not holds(resigned({**part(a_token(), 1), "iat": 1}))


def test_only_an_rsa_key_signs_tokens_and_only_ed25519_signs_proofs() -> None:
    checked = conformance.check(a_document())
    with pytest.raises(ProofInvalid, match="RS256"):
        jwt.sign(checked, signer=SeedSigner())
    with pytest.raises(ProofInvalid, match="Ed25519"):
        proof.sign(checked, signer=a_jwt_signer(), created=ISSUED_AT)


def a_signed_list_token(*revoked: int) -> str:
    return a_signed_list(*revoked, as_jwt=True)
