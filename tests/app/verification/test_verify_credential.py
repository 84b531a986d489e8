"""By code and by document, from the register of a real database."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from app.credentials import queries
from app.credentials.erase_credentials import erase_credentials
from app.credentials.errors import CredentialNotFound
from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.states import Visibility
from app.foundation.access import system
from app.verification.verdict import Judgement, Reason, Verdict
from app.verification.verify_credential import verify_credential, verify_document
from tests.app.credentials.awards import JWT_KEY_ID, Desk, an_award
from tests.app.credentials.documents import SeedSigner, leaves, value_at, with_value
from tests.app.credentials.test_jwt import part, with_part
from tests.app.credentials.test_validity import FAR_ZONES


def shown(desk: Desk, **award: object) -> Credential:
    credential = desk.issued(**award)
    credential.visibility = Visibility.UNLISTED
    desk.session.flush()
    return credential


def verdict_on(desk: Desk, credential: Credential) -> Verdict:
    desk.session.flush()
    return verify_credential(credential.code, session=desk.session, clock=desk.clock).verdict


def verdict_on_text(desk: Desk, text: str) -> Verdict:
    return verify_document(text, session=desk.session, clock=desk.clock).verdict


@pytest.mark.usefixtures("machine_zone")
@pytest.mark.parametrize("machine_zone", ["UTC", *FAR_ZONES], indirect=True)
def test_case_044_edge_042_an_issued_credential_is_valid_for_one_year_wherever_the_machine_stands(desk: Desk) -> None:
    credential = shown(desk)
    files = (credential.signed_document or "", credential.signed_jwt or "")

    def verdicts() -> set[Verdict]:
        return {verdict_on(desk, credential), *(verdict_on_text(desk, file) for file in files)}

    assert verdicts() == {Verdict.VALID}
    desk.clock.instant = credential.valid_until - timedelta(seconds=1)
    assert verdicts() == {Verdict.VALID}
    desk.clock.instant = credential.valid_until
    assert verdicts() == {Verdict.EXPIRED}


def test_edge_039_the_verdict_and_its_time_are_taken_once(desk: Desk) -> None:
    credential = shown(desk)
    at = desk.clock.advance(credential.valid_until - desk.clock.now() - timedelta(seconds=1))
    found = verify_credential(credential.code, session=desk.session, clock=desk.clock)
    desk.clock.advance(timedelta(hours=1))
    assert (found.verdict, found.checked_at) == (Verdict.VALID, at)


def test_edge_052_a_private_a_reserved_and_an_unknown_code_are_the_same_refusal(desk: Desk) -> None:
    private, reserved = desk.issued(), desk.reserve(an_award(desk.session))
    messages = set()
    for code in (private.code, reserved.code, "00000000000000000"):
        with pytest.raises(CredentialNotFound) as refusal:
            verify_credential(code, session=desk.session, clock=desk.clock)
        messages.add(str(refusal.value))
    assert len(messages) == 1


def test_a_specimen_has_its_own_verdict(desk: Desk) -> None:
    credential = shown(desk, is_specimen=True, specimen_reasons=["demo-norm"])
    assert verdict_on(desk, credential) is Verdict.SPECIMEN
    assert verdict_on_text(desk, credential.signed_document or "") is Verdict.SPECIMEN


@pytest.mark.parametrize(("is_revoking", "verdict"), [(True, Verdict.REVOKED), (False, Verdict.VALID)])
def test_case_048_a_revocation_by_erasure_shows_at_once_before_the_list_is_published(
    desk: Desk, is_revoking: bool, verdict: Verdict
) -> None:
    credential = shown(desk)
    files = (credential.signed_document or "", credential.signed_jwt or "")
    erase_credentials(
        credential.person_id,
        is_revoking=is_revoking,
        session=desk.session,
        clock=desk.clock,
        jobs=desk.jobs,
        actor=system(),
    )
    assert {verdict_on_text(desk, file) for file in files} == {verdict}


def test_case_048_a_revocation_shows_at_once_before_the_list_is_published(desk: Desk) -> None:
    credential = shown(desk)
    desk.revoke(credential)
    assert verdict_on(desk, credential) is Verdict.REVOKED
    assert verdict_on_text(desk, credential.signed_document or "") is Verdict.REVOKED


def test_a_bit_in_the_list_revokes_whatever_the_row_says(desk: Desk) -> None:
    kept, revoked = shown(desk), shown(desk)
    desk.revoke(revoked)
    from_list = desk.reserve(an_award(desk.session))
    desk.issue(from_list)
    revoked.revoked_at = None
    assert (verdict_on(desk, kept), verdict_on(desk, revoked)) == (Verdict.VALID, Verdict.REVOKED)


@pytest.mark.parametrize("fault", ["missing", "cut", "not-json", "other-key", "other-list", "key-compromised"])
def test_case_049_without_a_readable_list_nothing_is_valid(desk: Desk, fault: str) -> None:
    credential = shown(desk)
    row = desk.session.get_one(StatusList, 1)
    document = json.loads(row.signed_document or "")
    stranger = SeedSigner(desk.signer.key_id + "x", bytes(32))
    if fault == "missing":
        row.signed_document = None
    elif fault == "cut":
        document["credentialSubject"]["encodedList"] = document["credentialSubject"]["encodedList"][:-9]
        row.signed_document = json.dumps(document)
    elif fault == "not-json":
        row.signed_document = "\x00\x01"[1:]
    elif fault == "other-key":
        document["proof"][0]["verificationMethod"] = stranger.key_id
        row.signed_document = json.dumps(document)
    elif fault == "other-list":
        document["id"] = "http://localhost/status/2"
        row.signed_document = json.dumps(document)
    else:
        desk.session.get_one(IssuerKey, desk.signer.key_id).compromised_at = desk.clock.now()
    assert verdict_on(desk, credential) is Verdict.UNKNOWN


def test_case_049_where_the_row_of_the_list_is_gone_nothing_is_valid(desk: Desk) -> None:
    """As after a repair by hand: what forbids it in the database is put aside, and all is taken back."""
    credential = shown(desk)
    files = (credential.signed_document or "", credential.signed_jwt or "")
    is_sqlite = desk.session.get_bind().dialect.name == "sqlite"
    aside = "PRAGMA defer_foreign_keys = ON" if is_sqlite else "SET LOCAL session_replication_role = replica"
    damage = desk.session.begin_nested()
    desk.session.execute(text(aside))
    desk.session.execute(delete(StatusList))
    assert {verdict_on_text(desk, file) for file in files} == {Verdict.UNKNOWN}
    damage.rollback()
    assert {verdict_on_text(desk, file) for file in files} == {Verdict.VALID}


def test_a_suspension_shows_without_a_cause(desk: Desk) -> None:
    credential = shown(desk)
    credential.suspended_at = desk.clock.now()
    assert verdict_on(desk, credential) is Verdict.SUSPENDED


def test_a_compromised_key_makes_it_uncheckable_and_a_retired_one_does_not(desk: Desk) -> None:
    credential = shown(desk)
    key = desk.session.get_one(IssuerKey, desk.signer.key_id)
    key.retired_at = desk.clock.now()
    assert verdict_on(desk, credential) is Verdict.VALID
    key.compromised_at = desk.clock.now()
    desk.session.flush()
    found = verify_credential(credential.code, session=desk.session, clock=desk.clock)
    assert (found.verdict, found.judgement.reasons[0]) == (Verdict.UNKNOWN, Reason.KEY_COMPROMISED)


def test_a_stored_document_that_was_altered_is_told_apart(desk: Desk) -> None:
    credential = shown(desk)
    credential.signed_document = (credential.signed_document or "").replace('"93.4"', '"99.4"')
    assert verdict_on(desk, credential) is Verdict.ALTERED


def test_case_029_documents_exchanged_between_two_codes_are_altered(desk: Desk) -> None:
    first, second = shown(desk), shown(desk)
    first.signed_document, second.signed_document = second.signed_document, first.signed_document
    assert (verdict_on(desk, first), verdict_on(desk, second)) == (Verdict.ALTERED, Verdict.ALTERED)


def test_a_document_in_hand_is_checked_even_while_its_page_is_private(desk: Desk) -> None:
    assert verdict_on_text(desk, desk.issued().signed_document or "") is Verdict.VALID


def test_our_own_status_list_is_no_certificate_and_not_altered(desk: Desk, publish_list) -> None:
    desk.issued()
    publish_list()
    listed = queries.status_list(1, session=desk.session).signed_document
    found = verify_document(listed, session=desk.session, clock=desk.clock)
    assert (found.judgement, found.document) == (Judgement(Verdict.UNKNOWN, (Reason.NOT_AS_ISSUED,)), None)


def forged(files: tuple[str, str], code: str, *, key_id: str) -> tuple[str, str]:
    """The document and the token, under this code; neither is signed by whom it names."""
    document, token = files
    address = f"http://localhost/c/{code}"
    told = json.loads(document) | {"id": address, "name": "x"}
    told["proof"][0]["verificationMethod"] = key_id
    other = with_part(
        with_part(token, 0, part(token, 0) | {"kid": key_id}),
        1,
        part(token, 1) | {"id": address, "jti": address, "name": "x"},
    )
    return json.dumps(told), other


@pytest.mark.parametrize("key", ["unknown", "ours"])
def test_a_forged_file_tells_nothing_of_what_the_register_holds_under_its_code(desk: Desk, key: str) -> None:
    hidden, revoked, suspended, renewed, erased, kept = (desk.issued() for _ in range(6))
    specimen = desk.issued(is_specimen=True, specimen_reasons=["demo-norm"])
    desk.revoke(revoked)
    suspended.suspended_at = desk.clock.now()
    desk.issued().renews_id = renewed.id
    held = [one.code for one in (hidden, revoked, suspended, renewed, specimen, erased, kept)]
    files = (hidden.signed_document or "", hidden.signed_jwt or "")
    for one, is_revoking in ((erased, True), (kept, False)):
        tools = {"session": desk.session, "clock": desk.clock, "jobs": desk.jobs, "actor": system()}
        erase_credentials(one.person_id, is_revoking=is_revoking, **tools)
    desk.session.flush()
    key_ids = ("did:web:evil.example#k1",) * 2 if key == "unknown" else (desk.signer.key_id, JWT_KEY_ID)
    for place, key_id in enumerate(key_ids):
        found = {
            code: verify_document(forged(files, code, key_id=key_id)[place], session=desk.session, clock=desk.clock)
            for code in ("00000000000000000", *held)
        }
        assert {(one.judgement, one.credential is None, one.revoked_at) for one in found.values()} == {
            (found["00000000000000000"].judgement, True, None)
        }
        assert found[hidden.code].judgement.reasons[0] in (Reason.KEY_UNKNOWN, Reason.SIGNATURE_BROKEN)


def test_a_change_of_any_one_leaf_of_a_document_in_hand_is_never_valid(desk: Desk) -> None:
    document = json.loads(desk.issued().signed_document or "")
    verdicts = {
        path: verdict_on_text(desk, json.dumps(with_value(document, path, value_at(document, path) + "0")))
        for path in leaves(document)
    }
    assert set(verdicts.values()) <= {Verdict.ALTERED, Verdict.UNKNOWN}
    unknown = [path for path, verdict in verdicts.items() if verdict is Verdict.UNKNOWN]
    assert unknown == [("proof", 0, "verificationMethod")]


@pytest.mark.parametrize(
    "value", ["5", "true", '{"a": 1}', "1e400", "-1e400", "NaN", r'"\ud800"', '"\\u0000"', "9" * 400]
)
@pytest.mark.parametrize(
    "path",
    [
        ("type",),
        ("credentialStatus", "statusListIndex"),
        ("proof", 0, "verificationMethod"),
        ("issuer", "id"),
        ("name",),
    ],
)
def test_a_value_that_no_program_of_ours_writes_is_altered_or_unknown_and_never_a_crash(
    desk: Desk, path: tuple[str | int, ...], value: str
) -> None:
    document = json.loads(desk.issued().signed_document or "")
    text = json.dumps(with_value(document, path, "@@")).replace('"@@"', value)
    assert verdict_on_text(desk, text) in (Verdict.ALTERED, Verdict.UNKNOWN)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"proof": 1}', "\ud800", '{"a":' * 5000])
def test_something_that_is_no_credential_at_all_is_altered_and_never_a_crash(desk: Desk, text: str) -> None:
    assert verdict_on_text(desk, text) is Verdict.ALTERED


def test_case_041_and_042_issued_and_checked_on_a_leap_day(desk: Desk) -> None:
    desk.clock.instant = desk.clock.now().replace(year=2028, month=2, day=29, hour=23, minute=59, second=58)
    credential = shown(desk)
    assert verdict_on(desk, credential) is Verdict.VALID
    desk.clock.instant = desk.clock.now().replace(year=2029, month=2, day=28)
    assert verdict_on(desk, credential) is Verdict.EXPIRED
