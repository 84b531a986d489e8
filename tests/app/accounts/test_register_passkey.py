from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import queries
from app.accounts.forget_stale_sign_ins import forget_stale_sign_ins
from app.accounts.models import Passkey, PasskeyChallenge, RecoveryCode
from app.accounts.policy import AccountPolicy
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from tests.app.accounts.passkey_user import add_passkey, creation_question, prove_with, send_made, sign_in_with
from tests.app.accounts.software_authenticator import PRESENT, RP_ID, Authenticator, decoded
from tests.app.accounts.visitor import RECOVERY, SECRET, mails, totp

ADA, EVE = "ada@example.org", "eve@example.org"


def passkeys(runtime) -> list[Passkey]:
    with runtime.reading() as session:
        return list(session.scalars(select(Passkey)))


@pytest.fixture
def ada(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    return visitor


def test_a_passkey_is_added_shown_and_told_by_mail(ada, runtime):
    former = ada.twin()
    add_passkey(ada, label="My phone")
    [row] = passkeys(runtime)
    assert (row.credential_id, row.label, row.transports) == (b"phone", "My phone", ["internal"])
    text = ada.open("/account").text
    assert "My phone" in text
    assert "not used yet" in text
    assert former.status_for_programs() == 401  # a new sign-in
    [mail] = [mail for mail in mails(runtime) if "passkey was added" in mail.subject]
    assert mail.to == ADA
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).where(AuditEntry.kind == "passkey.added")) == 1


def test_the_mail_is_in_the_language_of_the_person(visit, runtime):
    visitor = visit()
    visitor.ask(ADA)
    visitor.enter_code(mails(runtime)[-1].code)
    visitor.join(language="fr")
    add_passkey(visitor)
    assert [mail.subject for mail in mails(runtime)][-1] == "Une clé d’accès a été ajoutée à votre compte Decile"


def test_the_question_asks_for_a_discoverable_verified_passkey_of_our_host(ada, runtime):
    asked = creation_question(ada)
    assert asked["rp"] == {"id": RP_ID, "name": "Decile"}
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert asked["excludeCredentials"] == []
    assert ADA.encode() not in decoded(asked["user"]["id"])
    add_passkey(ada)
    assert [decoded(known["id"]) for known in creation_question(ada)["excludeCredentials"]] == [b"phone"]


def test_the_host_of_the_request_is_not_believed(ada):
    asked = ada.client.post(
        "/account/passkeys/options",
        data={"csrf_token": ada.token("/account")},
        headers={"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"},
    )
    assert asked.json["rp"]["id"] == RP_ID


WRONG = (
    {"origin": "https://evil.example"}, {"origin": "http://localhost:81"}, {"rp_id": "evil.example"},
    {"flags": PRESENT}, {"flags": 0},
)  # fmt: skip


def test_an_answer_for_another_page_or_without_its_owner_is_refused(ada, runtime):
    for wrong in WRONG:
        device = Authenticator(b"phone", **wrong)
        answer = send_made(ada, device.create(creation_question(ada)))
        assert answer.status_code == 422, wrong
        assert "did not answer as it should" in answer.text
    assert passkeys(runtime) == []


def test_a_challenge_is_good_for_one_answer(ada, runtime):
    asked = creation_question(ada)
    assert send_made(ada, Authenticator(b"one").create(asked)).status_code == 303
    again = ada.twin()
    with again.client.session_transaction() as kept:
        kept["challenge"] = decoded(asked["challenge"]).decode()
    assert "sent twice" in send_made(again, Authenticator(b"two").create(asked)).text
    assert len(passkeys(runtime)) == 1


def test_a_challenge_expires(ada, runtime, clock):
    asked = creation_question(ada)
    clock.advance(timedelta(minutes=5))
    assert send_made(ada, Authenticator(b"phone").create(asked)).status_code == 422
    assert passkeys(runtime) == []


def test_the_challenge_of_another_person_is_refused(ada, visit, runtime):
    eve = visit()
    eve.sign_in(EVE)
    asked = creation_question(ada)
    with eve.client.session_transaction() as kept:
        kept["challenge"] = decoded(asked["challenge"]).decode()
    assert send_made(eve, Authenticator(b"phone").create(asked)).status_code == 422
    assert passkeys(runtime) == []


def test_eight_answers_to_one_challenge_at_once_add_one_passkey(ada, at_once, runtime):
    asked, token = creation_question(ada), ada.token("/account")
    twins = [ada.twin() for _ in range(8)]
    answers = at_once(
        [
            lambda twin=twin, n=n: twin.client.post(
                "/account/passkeys",
                data={"csrf_token": token, "credential": Authenticator(b"key %d" % n).create(asked)},
            )
            for n, twin in enumerate(twins)
        ]
    )
    assert sum(answer.status_code == 303 and answer.location == "/" for answer in answers) == 1
    assert len(passkeys(runtime)) == 1


def test_the_credential_of_somebody_else_is_not_taken_over(ada, visit, runtime):
    add_passkey(ada, "phone")
    eve = visit()
    eve.sign_in(EVE)
    refused = send_made(eve, Authenticator(b"phone").create(creation_question(eve)))
    assert refused.status_code == 422
    assert "registered already" in refused.text
    [row] = passkeys(runtime)
    with runtime.reading() as session:
        assert row.person_id == queries.person_by_email(ADA, session=session).id
    assert "None yet" in eve.open("/account").text


def test_nonsense_is_refused_and_never_a_fault(ada):
    for nonsense in ("", "{}", "[]", "null", "1", '"x"', "{" * 9000, '{"id": 1}', "\x00"):
        creation_question(ada)
        assert send_made(ada, nonsense).status_code == 422, nonsense


def test_bytes_changed_anywhere_are_refused_and_never_a_fault(ada, runtime):
    whole = json.loads(Authenticator(b"phone").create(creation_question(ada)))
    for field in ("clientDataJSON", "attestationObject"):
        for cut in (0, 1, 40, 90):
            torn = json.loads(json.dumps(whole))
            torn["response"][field] = whole["response"][field][:cut]
            creation_question(ada)
            assert send_made(ada, json.dumps(torn)).status_code == 422
    assert passkeys(runtime) == []


def test_adding_a_passkey_needs_a_proof_of_now(ada, clock):
    clock.advance(timedelta(minutes=10, seconds=1))
    assert ada.open("/account/passkeys/new").location == "/prove?next=/account/passkeys/new"
    json_first = {"Accept": "application/json"}
    refused = ada.send("/account/passkeys/options", page="/account", headers=json_first)
    assert (refused.status_code, refused.json["code"]) == (403, "proof-not-fresh")


def test_staff_enrol_a_passkey_as_their_second_factor_and_get_recovery_codes_once(staff, runtime, clock):
    member = staff()
    assert member.open("/desk/norms").location.startswith("/second-factor")
    device = Authenticator(b"key")
    answer = send_made(member, device.create(creation_question(member)), label="Key")
    assert len(set(RECOVERY.findall(answer.text))) == 10
    assert member.open("/desk/norms").status_code == 200
    second = Authenticator(b"second")
    again = send_made(member, second.create(creation_question(member)), label="Second", next="/account")
    assert again.location == "/account"
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(RecoveryCode)) == 10


def test_a_stolen_mailbox_puts_no_factor_of_its_own_beside_a_passkey(staff, runtime):
    """Neither a passkey nor an authenticator app, nor one that its owner left half set up."""
    owner = staff()
    owner.send("/second-factor/enrol", page="/second-factor")
    secret = owner.open("/second-factor").text
    add_passkey(owner, "key")
    thief = staff()  # signed in by mail alone
    assert thief.open("/account/passkeys/new").location.startswith("/prove?next=")
    enrolled = thief.send("/second-factor/enrol", page="/account")
    assert enrolled.location == "/prove?next=/second-factor"
    page = thief.open("/second-factor").text
    assert "data:image" not in page
    code = totp(SECRET.findall(secret)[0].replace(" ", ""), runtime)
    assert thief.enter_second_factor(code).location == "/prove?next=/second-factor"
    assert thief.open("/desk/norms").location.startswith("/second-factor")


def test_with_the_passkey_shown_staff_may_add_an_authenticator_app(staff):
    member = staff()
    device = add_passkey(member, "key")
    member = staff()
    assert prove_with(member, device, next="/second-factor").location == "/second-factor"
    assert "we know it is you" in member.open("/second-factor").text
    secret, codes = member.enrol()
    assert (len(secret), codes) == (32, [])  # the codes from the first factor go on


def test_there_is_a_most_of_passkeys(ada, runtime, clock):
    with runtime.transaction() as session:
        policies.set_policy(AccountPolicy, {"most_passkeys": 2}, session=session, at=clock.now(), actor=operator())
    asked = creation_question(ada)
    for name in ("phone", "laptop"):
        add_passkey(ada, name)
    assert ada.send("/account/passkeys/options", page="/account").status_code == 409
    with ada.client.session_transaction() as kept:
        kept["challenge"] = decoded(asked["challenge"]).decode()
    assert send_made(ada, Authenticator(b"third").create(asked)).status_code == 409
    assert len(passkeys(runtime)) == 2


def test_challenges_nobody_answered_are_forgotten(ada, runtime, clock):
    creation_question(ada)
    clock.advance(timedelta(minutes=5))
    with runtime.transaction() as session:
        forget_stale_sign_ins(session=session, clock=clock)
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(PasskeyChallenge)) == 0


def test_a_passkey_is_renamed_by_its_owner_alone(ada, visit, runtime):
    device = add_passkey(ada)
    [row] = passkeys(runtime)
    path = f"/account/passkeys/{row.id}/rename"
    eve = visit()
    eve.sign_in(EVE)
    assert eve.send(path, page="/account", label="Mine").status_code == 404
    ada.send(path, page="/account", label="  Old   phone ")
    assert "Old phone" in ada.open("/account").text
    ada.send(path, page="/account", label="")
    assert "Old phone" in ada.open("/account").text
    assert sign_in_with(visit(), device).status_code == 303
