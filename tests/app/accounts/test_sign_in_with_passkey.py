from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import BrowserSession, Passkey
from app.factory import create_app
from tests.app.accounts.passkey_user import (
    add_passkey,
    prove_with,
    question,
    send_shown,
    sign_in_question,
    sign_in_with,
)
from tests.app.accounts.software_authenticator import PRESENT, decoded
from tests.app.accounts.visitor import Visitor, mails

ADA, EVE = "ada@example.org", "eve@example.org"


@pytest.fixture
def ada(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    return visitor


@pytest.fixture
def phone(ada):
    return add_passkey(ada)


def session_count(runtime) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(BrowserSession))


def test_a_passkey_lets_its_owner_in_and_leads_where_they_were_going(visit, phone, runtime):
    visitor = visit()
    visitor.open("/sign-in?next=/account")
    assert sign_in_with(visitor, phone).location == "/account"
    assert visitor.name_shown() == ADA
    assert "last used" in visitor.open("/account").text


def test_the_question_names_nobody(visit, phone):
    asked = sign_in_question(visit())
    assert asked["allowCredentials"] == []
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")


def test_case_062_the_session_is_a_new_one_and_the_former_ends(visit, phone, ada):
    thief = ada.twin()
    sign_in_with(ada, phone)
    assert (thief.status_for_programs(), ada.status_for_programs()) == (401, 200)


WRONG = (
    {"origin": "https://evil.example"}, {"origin": "http://localhost:81"}, {"rp_id": "evil.example"},
    {"flags": PRESENT}, {"flags": 0}, {"user_handle": b"somebody"}, {"user_handle": b""}, {"credential_id": b"unknown"},
)  # fmt: skip


def test_an_answer_for_another_page_person_or_key_is_refused(visit, phone):
    visitor = visit()
    for wrong in WRONG:
        assert sign_in_with(visitor, phone.copy(**wrong)).status_code == 422, wrong
    assert visitor.name_shown() is None


def test_a_signature_by_another_key_is_refused(visit, phone):
    forged = phone.copy(key=type(phone)(b"x").key)
    assert sign_in_with(visit(), forged).status_code == 422


def test_an_answer_works_once(visit, phone, runtime):
    visitor = visit()
    asked = sign_in_question(visitor)
    replay, message = visitor.twin(), phone.get(asked)
    assert send_shown(visitor, message).status_code == 303
    refused = send_shown(replay, message)
    assert refused.status_code == 422
    assert "sent twice" in refused.text
    assert replay.name_shown() is None


def test_a_refused_answer_spends_the_challenge_too(visit, phone):
    visitor = visit()
    asked = sign_in_question(visitor)
    again = visitor.twin()
    assert send_shown(visitor, phone.copy(origin="https://evil.example").get(asked)).status_code == 422
    assert send_shown(again, phone.get(asked)).status_code == 422


def test_the_challenge_of_another_browser_is_refused(visit, phone):
    asked = sign_in_question(visit())
    other = visit()
    sign_in_question(other)
    assert send_shown(other, phone.get(asked)).status_code == 422
    assert send_shown(visit(), phone.get(asked)).status_code == 422
    assert other.name_shown() is None


def test_a_challenge_expires(visit, phone, clock):
    visitor = visit()
    asked = sign_in_question(visitor)
    clock.advance(timedelta(minutes=5))
    assert send_shown(visitor, phone.get(asked)).status_code == 422


def test_a_challenge_made_to_confirm_does_not_sign_in(visit, ada, phone):
    asked = question(ada, "/prove/passkey/options", page="/account")
    visitor = visit()
    with visitor.client.session_transaction() as kept:
        kept["challenge"] = decoded(asked["challenge"]).decode()
    assert send_shown(visitor, phone.get(asked)).status_code == 422


def test_eight_uses_of_one_challenge_at_once_sign_in_once(visit, phone, at_once, runtime):
    visitor = visit()
    asked, token, before = sign_in_question(visitor), visitor.token(), session_count(runtime)
    messages = [phone.get(asked) for _ in range(8)]
    twins = [visitor.twin() for _ in messages]
    answers = at_once(
        [
            lambda twin=twin, message=message: twin.client.post(
                "/sign-in/passkey", data={"csrf_token": token, "credential": message}
            )
            for twin, message in zip(twins, messages, strict=True)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [422] * 7
    assert session_count(runtime) == before + 1


def test_a_counter_that_goes_backwards_switches_the_passkey_off_and_the_owner_is_told(visit, phone, runtime):
    clone = phone.copy()
    assert sign_in_with(visit(), phone).status_code == 303
    refused = sign_in_with(visit(), clone)
    assert refused.status_code == 422
    assert "a copy of it may exist" in refused.text
    assert sign_in_with(visit(), phone).status_code == 422  # nobody can tell the copy from the original
    [mail] = [mail for mail in mails(runtime) if "copied" in mail.subject]
    assert mail.to == ADA
    owner = visit()
    owner.sign_in(ADA)
    assert "switched off" in owner.open("/account").text


def test_a_device_that_never_counts_is_let_in_again_and_again(visit, ada):
    synced = add_passkey(ada, "synced", counts=False)
    assert [sign_in_with(visit(), synced).status_code for _ in range(2)] == [303, 303]


def test_staff_are_through_both_factors_at_once(staff, visit):
    key = add_passkey(staff(), "key")
    visitor = visit()
    visitor.open("/sign-in?next=/desk/norms")
    assert sign_in_with(visitor, key).location == "/desk/norms"
    assert visitor.open("/desk/norms").status_code == 200


def test_staff_show_the_passkey_after_a_mailed_link(staff):
    key = add_passkey(staff(), "key")
    member = staff()
    assert "Use a passkey" in member.open("/second-factor?next=/desk/norms").text
    before = member.twin()
    assert prove_with(member, key, next="/desk/norms").location == "/desk/norms"
    assert member.open("/desk/norms").status_code == 200
    assert before.status_for_programs() == 401


def test_the_passkey_of_somebody_else_confirms_nothing(staff, ada, phone):
    member = staff()
    add_passkey(member, "key")
    member = staff()
    assert prove_with(member, phone).status_code == 422
    assert prove_with(member, phone.copy(user_handle=b"")).status_code == 422
    assert member.open("/desk/norms").location.startswith("/second-factor")


def test_a_candidate_proves_with_a_passkey_and_comes_back(ada, phone, clock):
    clock.advance(timedelta(minutes=11))
    refused = ada.send("/account/tokens", page="/account/tokens", label="Laptop", scope="results:read", days=30)
    assert refused.location == "/prove?next=/account/tokens"
    assert "Use a passkey" in ada.open(refused.location).text
    assert prove_with(ada, phone, next="/account/tokens").location == "/account/tokens"
    made = ada.send("/account/tokens", page="/account/tokens", label="Laptop", scope="results:read", days=30)
    assert made.status_code == 200


def test_where_the_address_is_a_number_no_passkey_is_offered(runtime, phone, ada):
    settings = runtime.settings.model_copy(update={"base_url": "http://127.0.0.1:8000"})
    visitor = Visitor(create_app(replace(runtime, settings=settings)), runtime)
    assert "passkey" not in visitor.open("/sign-in").text.partition("<main")[2]
    assert visitor.send("/sign-in/passkey/options").status_code == 409


def test_the_stored_counter_follows_the_device(visit, phone, runtime):
    for _ in range(3):
        sign_in_with(visit(), phone)
    with runtime.reading() as session:
        assert session.scalars(select(Passkey.sign_count)).one() == phone.sign_count == 3
