"""Revocation, and the signed list by which the world learns of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.credentials import proof, queries, status_list
from app.credentials.errors import (
    CredentialNotFound,
    KeyNotPublished,
    ProofInvalid,
    StatusListMissing,
    StatusListNotFound,
)
from app.credentials.models import Credential, StatusList
from app.credentials.publish_status_list import publish_status_list
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from tests.app.credentials.awards import BASE_URL, JWT_KEY_ID, Desk, an_award, an_id
from tests.app.credentials.documents import Forger, JwtForger, SeedSigner, an_rsa_key
from tests.app.credentials.openbadges_verifier import verify_with_openbadgeslib


def revoke(desk: Desk, credential: Credential, reason: RevocationReason = RevocationReason.ISSUED_IN_ERROR) -> None:
    revoke_credential(credential.id, reason, session=desk.session, clock=desk.clock, jobs=desk.jobs, actor=operator())


def publish(desk: Desk, number: int = 1, signer: SeedSigner | None = None) -> None:
    publish_status_list(
        number,
        session=desk.session,
        clock=desk.clock,
        signer=signer or desk.signer,
        jwt_signer=desk.jwt_signer,
        base_url=BASE_URL,
    )


def listed(desk: Desk) -> str:
    return queries.status_list(1, session=desk.session).signed_document


def is_accepted(desk: Desk, credential: Credential) -> bool:
    at = desk.clock.now() + timedelta(minutes=1)
    return verify_with_openbadgeslib(credential.signed_document or "", desk.did_document(), listed(desk), at=at)


def test_a_revoked_credential_is_on_the_next_signed_list_and_no_other_is(desk: Desk) -> None:
    kept, revoked = desk.issued(), desk.issued()
    revoke(desk, revoked)
    assert list(desk.jobs.enqueued)[-1] == "status:1:2"
    publish(desk)
    assert (is_accepted(desk, kept), is_accepted(desk, revoked)) == (True, False)
    bits = status_list.decode(json.loads(listed(desk))["credentialSubject"]["encodedList"])
    assert [index for index in range(status_list.ENTRIES) if status_list.is_set(bits, index)] == [revoked.status_index]


def test_revoking_again_keeps_the_first_date_and_reason(desk: Desk) -> None:
    credential = desk.issued()
    revoke(desk, credential)
    first = (credential.revoked_at, credential.revocation_reason)
    desk.clock.advance(timedelta(days=3))
    revoke(desk, credential, RevocationReason.MISCONDUCT)
    assert (credential.revoked_at, credential.revocation_reason) == first
    entries = desk.session.scalars(select(AuditEntry.kind).where(AuditEntry.kind == "credential.revoked")).all()
    assert len(entries) == 1


def test_publishing_without_a_change_signs_nothing(desk: Desk) -> None:
    desk.issued()
    before, made = listed(desk), desk.signer.signatures_made
    desk.clock.advance(timedelta(hours=1))
    publish(desk)
    assert (listed(desk), desk.signer.signatures_made) == (before, made)


def test_the_list_verifies_under_the_published_key(desk: Desk) -> None:
    desk.issued()
    proof.verify(proof.parse(listed(desk)), desk.signer.public_bytes)


def test_a_credential_is_never_released_without_its_list(desk: Desk) -> None:
    reserved = desk.reserve(an_award(desk.session))
    with pytest.raises(StatusListMissing):
        listed(desk)
    desk.issue(reserved)
    assert desk.session.get_one(StatusList, 1).is_current(with_jwt=True)


def test_a_list_is_not_signed_with_an_unpublished_key(desk: Desk) -> None:
    revoke(desk, desk.issued())
    with pytest.raises(KeyNotPublished):
        publish(desk, signer=SeedSigner("did:web:localhost#2026-12-99999999"))


@pytest.mark.parametrize("is_forged", [{"document"}, {"jwt"}], ids=["document", "jwt"])
def test_case_034_a_list_whose_signature_does_not_verify_is_not_published(desk: Desk, is_forged: set[str]) -> None:
    revoke(desk, desk.issued())
    row, jwt_signer = desk.session.get_one(StatusList, 1), desk.jwt_signer
    before = (row.signed_document, row.signed_jwt, row.published_at)
    if "jwt" in is_forged:
        desk.jwt_signer = JwtForger(JWT_KEY_ID, an_rsa_key())
    with pytest.raises(ProofInvalid):
        publish(desk, signer=Forger(desk.signer.key_id) if "document" in is_forged else None)
    assert (row.signed_document, row.signed_jwt, row.published_at) == before
    desk.jwt_signer = jwt_signer
    publish(desk)
    assert row.signed_document != before[0], "the same list, signed as it should be"


def test_what_does_not_exist_is_not_found(desk: Desk) -> None:
    with pytest.raises(StatusListNotFound):
        publish(desk, 9)
    with pytest.raises(StatusListNotFound):
        queries.status_list(9, session=desk.session)
    with pytest.raises(CredentialNotFound):
        revoke(desk, Credential(id=an_id()))
