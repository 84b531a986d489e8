"""Giving a passkey up ends what may have come of it, and no one but its owner, present now, can do it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import queries
from app.accounts.forget_second_factors import forget_second_factors
from app.accounts.models import ApiToken, Passkey, RecoveryCode
from app.foundation.access import operator
from tests.app.accounts.passkey_user import add_passkey, prove_with, sign_in_with
from tests.app.accounts.visitor import mails

ADA, EVE = "ada@example.org", "eve@example.org"


def count(runtime, table) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def remove(visitor, runtime, name=b"phone"):
    with runtime.reading() as session:
        passkey_id = session.scalars(select(Passkey.id).where(Passkey.credential_id == name)).one()
    return visitor.send(f"/account/passkeys/{passkey_id}/remove", page="/account")


@pytest.fixture
def ada(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    return visitor


def test_case_062_removing_a_passkey_ends_other_sign_ins_and_tokens_and_the_owner_is_told(ada, visit, runtime):
    phone = add_passkey(ada)
    ada.send("/account/tokens", page="/account/tokens", label="Laptop", scope="results:read", days=30)
    elsewhere = visit()
    sign_in_with(elsewhere, phone)
    assert count(runtime, ApiToken) == 1
    assert remove(ada, runtime).location == "/account"
    assert (ada.status_for_programs(), elsewhere.status_for_programs()) == (200, 401)
    assert count(runtime, ApiToken) == 0
    assert sign_in_with(visit(), phone).status_code == 422
    [mail] = [mail for mail in mails(runtime) if "passkey was removed" in mail.subject]
    assert mail.to == ADA


def test_removing_needs_a_proof_of_now(ada, runtime, clock):
    add_passkey(ada)
    clock.advance(timedelta(minutes=10, seconds=1))
    assert remove(ada, runtime).location == "/prove?next=/account"
    assert count(runtime, Passkey) == 1


def test_the_passkey_of_somebody_else_is_not_found(ada, visit, runtime):
    add_passkey(ada)
    eve = visit()
    eve.sign_in(EVE)
    assert remove(eve, runtime).status_code == 404
    assert count(runtime, Passkey) == 1


def test_staff_who_give_up_their_last_factor_are_signed_out_everywhere(staff, runtime):
    member = staff()
    add_passkey(member, "key")
    assert count(runtime, RecoveryCode) == 10
    thief = member.twin()  # with a copy of the cookie
    assert remove(member, runtime, b"key").location == "/sign-in"
    assert (member.status_for_programs(), thief.status_for_programs()) == (401, 401)
    assert count(runtime, RecoveryCode) == 0


def test_staff_with_another_factor_stay_and_keep_their_recovery_codes(staff, runtime):
    member = staff()
    member.enrol()
    add_passkey(member, "key")
    assert remove(member, runtime, b"key").location == "/account"
    assert member.open("/desk/norms").status_code == 200
    assert count(runtime, RecoveryCode) == 10


def test_without_the_authenticator_app_the_passkey_still_stands_in_front(staff, runtime):
    member = staff()
    member.enrol()
    key = add_passkey(member, "key")
    assert member.send("/account/second-factor/remove", page="/account").location == "/sign-in"
    assert count(runtime, RecoveryCode) == 10
    member = staff()
    assert member.open("/account/passkeys/new").location.startswith("/prove")
    assert prove_with(member, key).status_code == 303


def test_an_operator_lets_somebody_who_lost_everything_begin_anew(staff, runtime, clock):
    member = staff()
    member.enrol()
    add_passkey(member, "key")
    with runtime.transaction() as session:
        person = queries.person_by_email("staff@example.org", session=session)
        forget_second_factors(person.id, session=session, clock=clock, jobs=runtime.jobs, actor=operator())
    assert member.status_for_programs() == 401
    assert (count(runtime, Passkey), count(runtime, RecoveryCode)) == (0, 0)
    assert "Set up a passkey" in staff().open("/second-factor").text
    assert any("passkey was removed" in mail.subject for mail in mails(runtime))


def test_signing_out_everywhere_else_leaves_this_browser_and_other_people_alone(ada, visit):
    elsewhere, eve = visit(), visit()
    elsewhere.sign_in(ADA)
    eve.sign_in(EVE)
    assert "Sign out everywhere else" in ada.open("/account").text
    ada.send("/account/sign-ins/end-others", page="/account")
    assert "One other sign-in has ended" in ada.open("/account").text
    assert [one.status_for_programs() for one in (ada, elsewhere, eve)] == [200, 401, 200]
    assert "Sign out everywhere else" not in ada.open("/account").text
