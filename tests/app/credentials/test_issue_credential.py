"""Signing what was reserved: exactly, once, and only what verifies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import jwt, proof, queries
from app.credentials.errors import (
    ChangedMeanwhile,
    CredentialNotFound,
    CredentialRevoked,
    DocumentRefused,
    KeyNotPublished,
    ProofInvalid,
)
from app.credentials.issue_credential import issue_credential
from app.credentials.models import Credential, IssuerKey
from app.foundation.audit import AuditEntry
from app.foundation.db import Database
from tests.app.credentials.awards import BASE_URL, JWT_KEY_ID, Desk, a_signer, an_award
from tests.app.credentials.documents import Forger, JwtForger, SeedSigner, a_jwt_signer, an_rsa_key, without
from tests.app.credentials.openbadges_verifier import verify_token_with_openbadgeslib, verify_with_openbadgeslib
from tests.app.credentials.test_conformance import REQUIRED
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock


def kinds(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.kind).order_by(AuditEntry.sequence)))


def test_an_issued_credential_is_the_reserved_document_with_a_proof(desk: Desk) -> None:
    credential = desk.issued()
    signed = json.loads(credential.signed_document or "")
    signature = signed.pop("proof")
    assert signed == json.loads(credential.unsigned_document)
    assert signature[0]["verificationMethod"] == desk.signer.key_id == credential.key_id
    assert signature[0]["created"] == "2026-11-23T12:00:00Z"
    assert kinds(desk.session)[-4:] == [
        "credential.reserved",
        "credential.issued",
        "credential.jwt_signed",
        "status_list.published",
    ]


def test_an_issued_credential_is_accepted_by_openbadgeslib(desk: Desk) -> None:
    credential = desk.issued()
    listed = queries.status_list(credential.status_list, session=desk.session).signed_document
    later = desk.clock.now() + timedelta(days=30)
    assert verify_with_openbadgeslib(credential.signed_document or "", desk.did_document(), listed, at=later)


def test_issuing_again_changes_nothing(desk: Desk) -> None:
    credential = desk.issued()
    before = (credential.signed_document, credential.issued_at, desk.signer.signatures_made)
    desk.clock.advance(timedelta(days=1))
    desk.issue(credential)
    assert (credential.signed_document, credential.issued_at, desk.signer.signatures_made) == before


class PowerCut(Exception):
    """The machine stops here."""


class CutAfterSigning(SeedSigner):
    """Signs, and then the power fails before anything can be stored."""

    def sign(self, data: bytes) -> bytes:
        super().sign(data)
        raise PowerCut


def test_case_033_a_crash_between_signing_and_storing_leaves_one_credential_under_one_code(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs
) -> None:
    with database.transaction() as session:
        desk = Desk(session, clock, entropy, jobs)
        desk.publish_key()
        award_id = an_award(session)
    with database.transaction() as session:
        reserved = Desk(session, clock, entropy, jobs).reserve(award_id)
        planned = (reserved.id, reserved.code, reserved.status_index, reserved.unsigned_document)

    def issue_with(signer: SeedSigner) -> None:
        with database.transaction() as session:
            desk = Desk(session, clock, entropy, jobs)
            desk.issue(desk.reserve(award_id), signer)

    for _ in range(3):
        cut = CutAfterSigning(desk.signer.key_id)
        with pytest.raises(PowerCut):
            issue_with(cut)
        assert cut.signatures_made == 1
        clock.advance(timedelta(minutes=1))
    issue_with(a_signer())
    with database.transaction() as session:
        (credential,) = session.scalars(select(Credential)).all()
        assert (credential.id, credential.code, credential.status_index, credential.unsigned_document) == planned
        proof.verify(proof.parse(credential.signed_document or ""), a_signer().public_bytes)
        assert kinds(session).count("credential.issued") == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("issues", [12, pytest.param(10_000, marks=pytest.mark.long)])
def test_case_036_each_reservation_in_the_record_has_exactly_one_issue_whatever_failed_between(
    issues: int, database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs
) -> None:
    """Some signatures are lost to a power cut, some do not verify; each job then runs to its end twice."""
    with database.transaction() as session:
        desk = Desk(session, clock, entropy, jobs)
        desk.publish_key()
        awards = [an_award(session) for _ in range(issues)]

    def issue_with(award_id: UUID, signer: SeedSigner) -> None:
        with database.transaction() as session:
            again = Desk(session, clock, entropy, jobs)
            again.issue(again.reserve(award_id), signer)

    for number, award_id in enumerate(awards):
        faulty = [CutAfterSigning(desk.signer.key_id)] * (number % 3 == 0) + [Forger(desk.signer.key_id)] * (
            number % 4 == 0
        )
        for signer in faulty:
            with pytest.raises((PowerCut, ProofInvalid)):
                issue_with(award_id, signer)
        for _ in range(2):
            issue_with(award_id, a_signer())
    with database.transaction() as session:
        told = session.execute(select(AuditEntry.kind, AuditEntry.subject)).all()
        stored = {str(one) for one in session.scalars(select(Credential.id))}
    for kind in ("credential.reserved", "credential.issued"):
        assert Counter(subject for found, subject in told if found == kind) == dict.fromkeys(stored, 1)
    assert len(stored) == len(awards)


def test_case_033_a_crash_while_reserving_leaves_nothing_behind(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs
) -> None:
    with database.transaction() as session:
        award_id = an_award(session)

    def reserve_and_crash() -> None:
        with database.transaction() as session:
            Desk(session, clock, entropy, jobs).reserve(award_id)
            raise PowerCut

    with pytest.raises(PowerCut):
        reserve_and_crash()
    with database.transaction() as session:
        assert session.scalars(select(Credential)).all() == []


def test_case_034_a_signature_that_does_not_verify_is_not_released(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    with pytest.raises(ProofInvalid):
        desk.issue(credential, Forger(desk.signer.key_id))
    assert (credential.signed_document, credential.issued_at) == (None, None)


def test_case_034_a_jwt_whose_signature_does_not_verify_is_not_released(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    desk.jwt_signer = JwtForger(JWT_KEY_ID, an_rsa_key())
    with pytest.raises(ProofInvalid):
        desk.issue(credential)
    assert (credential.signed_jwt, credential.jwt_key_id) == (None, None)


def test_case_034_a_reserved_document_that_was_tampered_with_is_not_signed(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    document = json.loads(credential.unsigned_document)
    document["validUntil"] = "2037-11-23T12:00:00Z"
    credential.unsigned_document = json.dumps(document)
    with pytest.raises(DocumentRefused, match="validUntil"):
        desk.issue(credential)
    assert desk.signer.signatures_made == 0


def test_case_035_a_reserved_document_without_a_required_field_is_not_signed(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    whole = json.loads(credential.unsigned_document)
    for place in REQUIRED:
        credential.unsigned_document = json.dumps(without(whole, place))
        with pytest.raises(DocumentRefused):
            desk.issue(credential)
    assert (desk.signer.signatures_made, credential.signed_document, credential.signed_jwt) == (0, None, None)
    credential.unsigned_document = json.dumps(whole)
    desk.issue(credential)
    assert desk.signer.signatures_made == 2, "the same signer, now in use: the document and its list"


def test_a_key_that_is_not_published_signs_nothing(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    unknown = SeedSigner("did:web:localhost#2026-12-99999999")
    with pytest.raises(KeyNotPublished):
        desk.issue(credential, unknown)
    desk.session.get_one(IssuerKey, desk.signer.key_id).retired_at = desk.clock.now()
    with pytest.raises(KeyNotPublished):
        desk.issue(credential)
    assert unknown.signatures_made == desk.signer.signatures_made == 0


def test_case_032_a_revoked_credential_is_never_issued_again(desk: Desk) -> None:
    award_id = an_award(desk.session)
    credential = desk.reserve(award_id)
    desk.revoke(credential)
    with pytest.raises(CredentialRevoked):
        desk.issue(desk.reserve(award_id))
    assert (credential.signed_document, desk.signer.signatures_made) == (None, 0)


def test_case_041_issued_on_a_leap_day_at_the_last_seconds(desk: Desk) -> None:
    desk.clock.instant = desk.clock.now().replace(year=2028, month=2, day=29, hour=23, minute=59, second=58)
    document = json.loads(desk.issued().signed_document or "")
    assert document["validUntil"] == "2029-02-28T23:59:58Z"


def test_case_050_credentials_of_a_retired_key_still_verify(desk: Desk) -> None:
    credential = desk.issued()
    desk.session.get_one(IssuerKey, desk.signer.key_id).retired_at = desk.clock.now()
    newer = SeedSigner("did:web:localhost#2026-12-12345678", bytes(32))
    desk.publish_key(newer)
    listed = queries.status_list(1, session=desk.session).signed_document
    published = [method["id"] for method in desk.did_document()["verificationMethod"]]
    assert published == [JWT_KEY_ID, desk.signer.key_id, newer.key_id]
    assert verify_with_openbadgeslib(
        credential.signed_document or "", desk.did_document(), listed, at=desk.clock.now() + timedelta(days=395 - 31)
    )


def test_a_compromised_key_is_published_no_more(desk: Desk) -> None:
    credential = desk.issued()
    listed = queries.status_list(1, session=desk.session).signed_document
    desk.session.get_one(IssuerKey, desk.signer.key_id).compromised_at = desk.clock.now()
    newer = SeedSigner("did:web:localhost#2026-12-12345678", bytes(32))
    desk.publish_key(newer)
    assert not verify_with_openbadgeslib(
        credential.signed_document or "", desk.did_document(), listed, at=desk.clock.now()
    )


def test_what_waits_without_being_signed_is_reported(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    an_hour_later = desk.clock.advance(timedelta(hours=1))
    assert queries.pending(before=an_hour_later, session=desk.session) == (credential.id,)
    desk.issue(credential)
    assert queries.pending(before=an_hour_later, session=desk.session) == ()


def test_an_unknown_credential_is_not_found(desk: Desk) -> None:
    with pytest.raises(CredentialNotFound):
        desk.issue(Credential(id=uuid5(NAMESPACE_URL, "nothing")))


def test_the_same_facts_are_signed_as_a_jwt_under_the_published_key(desk: Desk) -> None:
    credential = desk.issued()
    token = credential.signed_jwt or ""
    assert jwt.document_of(token) == proof.parse(credential.unsigned_document)
    assert (credential.jwt_key_id, jwt.key_of(token)) == (JWT_KEY_ID, JWT_KEY_ID)
    listed = queries.status_list(1, session=desk.session)
    assert listed.signed_jwt is not None
    assert jwt.document_of(listed.signed_jwt) == proof.split(proof.parse(listed.signed_document))[0]
    later = desk.clock.now() + timedelta(minutes=1)
    assert verify_token_with_openbadgeslib(token, desk.did_document(), listed.signed_jwt, at=later)


def test_without_a_key_for_jwts_a_credential_is_issued_and_gets_its_jwt_once_there_is_one(desk: Desk) -> None:
    jwt_signer, desk.jwt_signer = desk.jwt_signer, None
    credential = desk.issued()
    document = credential.signed_document
    assert credential.signed_jwt is None
    assert queries.without_jwt(session=desk.session) == (credential.id,)
    desk.jwt_signer = jwt_signer
    desk.publish_key()
    desk.issue(credential)
    desk.issue(credential)
    assert credential.signed_document == document
    assert jwt.document_of(credential.signed_jwt or "")["id"] == proof.parse(document or "")["id"]
    assert queries.status_list(1, session=desk.session).signed_jwt is not None
    assert queries.without_jwt(session=desk.session) == ()


def test_a_revoked_credential_gets_no_jwt_afterwards(desk: Desk) -> None:
    jwt_signer, desk.jwt_signer = desk.jwt_signer, None
    credential = desk.issued()
    desk.revoke(credential)
    desk.jwt_signer = jwt_signer
    desk.publish_key()
    desk.issue(credential)
    assert credential.signed_jwt is None


def test_a_key_for_jwts_that_is_not_published_signs_nothing(desk: Desk) -> None:
    desk.jwt_signer = a_jwt_signer("did:web:localhost#2026-12-99999999")
    with pytest.raises(KeyNotPublished):
        desk.issue(desk.reserve(an_award(desk.session)))


class HeldUpSigner(SeedSigner):
    """Somebody else does something while it signs for the first time."""

    def __init__(self, meanwhile: Callable[[Desk, Credential], None], database: Database, desk: Desk) -> None:
        super().__init__(desk.signer.key_id)
        self._meanwhile, self._database, self._desk = meanwhile, database, desk

    def sign(self, data: bytes) -> bytes:
        if not self.signatures_made:
            with self._database.transaction() as session:
                others = Desk(session, self._desk.clock, self._desk.entropy, self._desk.jobs)
                self._meanwhile(others, session.scalars(select(Credential)).one())
        return super().sign(data)


def retire_the_key(desk: Desk, _credential: Credential) -> None:
    desk.session.get_one(IssuerKey, desk.signer.key_id).retired_at = desk.clock.now()


def write_another_text(_desk: Desk, credential: Credential) -> None:
    credential.unsigned_document = credential.unsigned_document.replace("2026", "2027")


@pytest.mark.parametrize(
    ("meanwhile", "refusal"),
    [
        (Desk.revoke, CredentialRevoked),
        (retire_the_key, KeyNotPublished),
        (write_another_text, ChangedMeanwhile),
        (Desk.issue, None),
    ],
    ids=["revoked", "key-retired", "text-changed", "issued"],
)
def test_nobody_waits_for_a_signature_and_it_is_stored_only_over_what_was_signed(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs,
    meanwhile: Callable[[Desk, Credential], None], refusal: type[Exception] | None,
) -> None:  # fmt: skip
    with database.transaction() as session:
        desk = Desk(session, clock, entropy, jobs)
        desk.publish_key()
        credential_id = desk.reserve(an_award(session)).id
    signer = HeldUpSigner(meanwhile, database, desk)
    with pytest.raises(refusal) if refusal else nullcontext(), database.transaction(reads_first=True) as session:
        read_before = [*session.scalars(select(Credential)), *session.scalars(select(IssuerKey))]
        clock.advance(timedelta(seconds=len(read_before)))  # named, so that the session remembers them
        issue_credential(
            credential_id, session=session, clock=clock, signer=signer, jwt_signer=desk.jwt_signer, base_url=BASE_URL
        )
    with database.reading() as session:
        signed = session.get_one(Credential, credential_id).signed_document
        told = kinds(session).count("credential.issued")
    assert (signed is None, told) == ((True, 0) if refusal else (False, 1))


def test_a_key_that_is_just_being_declared_compromised_issues_nothing(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs
) -> None:
    with database.transaction() as session:
        desk = Desk(session, clock, entropy, jobs)
        desk.issued()  # so that the list is signed already
        credential_id = desk.reserve(an_award(session)).id

    def issue() -> None:
        with database.transaction(reads_first=True) as session:
            issue_credential(
                credential_id,
                session=session,
                clock=clock,
                signer=desk.signer,
                jwt_signer=desk.jwt_signer,
                base_url=BASE_URL,
            )

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            key = session.get_one(IssuerKey, desk.signer.key_id, with_for_update=True)
            key.declare_compromised(clock.now() - timedelta(days=1), at=clock.now())
            session.flush()
            issuing = pool.submit(issue)
            with pytest.raises(TimeoutError):
                issuing.result(timeout=1)  # it waits for how the declaration ends
        with pytest.raises(KeyNotPublished):
            issuing.result(timeout=10)
    with database.reading() as session:
        assert not session.get_one(Credential, credential_id).is_issued
