"""What ends a sign-in, on every database: signing out, revoking, time, a change of rights, the next person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts import queries
from app.accounts.grant_role import grant_role
from app.accounts.models import BrowserSession
from app.accounts.remove_second_factor import remove_second_factor
from app.accounts.revoke_role import revoke_role
from app.foundation.access import operator
from tests.app.accounts.visitor import newest_mail, totp

ADA, BOB = "ada@example.org", "bob@example.org"
END = re.compile(r'action="(/account/sign-ins/[0-9a-f-]+/end)"')


def person_id(runtime, address):
    with runtime.reading() as session:
        return queries.person_by_email(address, session=session).id


def guarded_pages(app) -> list[str]:
    """Every page of accounts that shows or changes a person's own data."""
    return ["/account", "/second-factor"]


def test_case_062_after_signing_out_a_copy_of_the_cookie_opens_nothing(visit, app):
    visitor = visit()
    visitor.sign_in(ADA)
    thief = visitor.twin()
    assert thief.status_for_programs() == 200
    answer = visitor.send("/sign-out", page="/account")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    for browser in (visitor, thief):
        for page in guarded_pages(app):
            assert browser.status_for_programs(page) == 401
            assert browser.open(page).location.startswith("/sign-in?next=")
        for path in ("/account", "/account/consents/norm_use", "/second-factor", "/second-factor/enrol"):
            answer = browser.send(path, headers={"Accept": "application/json"})
            assert answer.status_code == 401


def test_case_062_the_session_is_a_new_one_at_sign_in_and_at_the_second_factor(visit, staff, runtime, clock):
    visitor = visit()
    visitor.open("/sign-in")
    planted = visitor.cookie
    visitor.sign_in(ADA)
    assert visitor.cookie != planted
    fixed = visit()
    fixed.cookie = planted
    assert fixed.name_shown() is None

    member = staff()
    before = member.twin()
    secret, _ = member.enrol()
    assert before.status_for_programs() == 401
    before = member.twin()
    clock.advance(timedelta(seconds=30))
    member.enter_second_factor(totp(secret, runtime))
    assert before.status_for_programs() == 401
    assert member.status_for_programs() == 200


def test_case_062_signing_in_again_ends_the_former_session_of_the_same_browser(visit, runtime):
    visitor = visit()
    visitor.sign_in(ADA)
    former = visitor.twin()
    visitor.sign_in(ADA)
    assert (former.status_for_programs(), visitor.status_for_programs()) == (401, 200)


@pytest.mark.parametrize("change", ["grant", "revoke", "factor"])
def test_case_062_a_change_of_role_or_removal_of_the_second_factor_ends_every_session(staff, runtime, clock, change):
    one = staff(ADA)
    one.enrol()
    two = staff(ADA)
    ada = person_id(runtime, ADA)
    with runtime.transaction() as session:
        if change == "grant":
            grant_role(ada, "support", session=session, clock=clock, actor=operator())
        elif change == "revoke":
            revoke_role(ada, "norm_editor", session=session, clock=clock, actor=operator())
        else:
            remove_second_factor(ada, session=session, clock=clock, actor=operator())
    assert (one.status_for_programs(), two.status_for_programs()) == (401, 401)


def test_only_a_hash_of_the_token_is_stored(visit, runtime):
    visitor = visit()
    visitor.sign_in(ADA)
    with visitor.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    with runtime.reading() as session:
        stored = session.scalars(select(BrowserSession.token_hash)).one()
    assert token not in stored
    assert len(stored) == 64


def test_a_person_ends_a_sign_in_on_another_computer(visit):
    here, there = visit(), visit()
    here.sign_in(ADA)
    there.sign_in(ADA)
    entries = here.open("/account").text.split('<li id="sign-in-')[1:]
    assert sorted("this browser" in entry for entry in entries) == [False, True]
    [other] = [entry for entry in entries if "this browser" not in entry]
    here.send(END.findall(other)[0], page="/account")
    assert (here.status_for_programs(), there.status_for_programs()) == (200, 401)


def test_nobody_ends_the_sign_in_of_somebody_else(visit):
    ada, bob = visit(), visit()
    ada.sign_in(ADA)
    bob.sign_in(BOB)
    [path] = END.findall(ada.open("/account").text)
    assert bob.send(path, page="/account").status_code == 404
    assert ada.status_for_programs() == 200


def test_a_sign_in_in_use_lives_a_week_and_an_idle_one_a_day(visit, clock):
    busy, idle = visit(), visit()
    busy.sign_in(ADA)
    idle.sign_in(BOB)
    for _ in range(13):
        clock.advance(timedelta(hours=12))
        assert busy.status_for_programs() == 200
    assert idle.status_for_programs() == 401
    clock.advance(timedelta(hours=12))
    assert busy.status_for_programs() == 401


def test_staff_are_signed_out_after_an_idle_hour_and_after_a_working_day(staff, clock):
    member, idle = staff(ADA), staff(BOB)
    for _ in range(12):
        assert member.status_for_programs() == 200
        clock.advance(timedelta(minutes=59))
    assert idle.status_for_programs() == 401
    assert member.status_for_programs() == 200
    clock.advance(timedelta(minutes=13))
    assert member.status_for_programs() == 401


def test_edge_024_the_next_person_at_a_shared_computer_never_lands_in_the_former_account(visit, runtime):
    computer = visit()
    computer.open("/account")
    computer.sign_in(ADA)
    assert computer.open("/account").headers["Cache-Control"] == "no-store"
    computer.send("/sign-out", page="/account")
    with computer.client.session_transaction() as cookie:
        assert not {"_user_id", "asked", "link", "joining", "next"} & set(cookie)
    assert computer.open("/account").location.startswith("/sign-in")
    computer.sign_in(BOB)
    assert computer.name_shown() == BOB


def test_edge_024_signing_in_over_somebody_who_forgot_to_sign_out_ends_their_session(visit, runtime):
    computer = visit()
    computer.sign_in(ADA)
    forgotten = computer.twin()
    assert f"signed in as {ADA}" in computer.open("/sign-in").text
    computer.sign_in(BOB)
    assert computer.name_shown() == BOB
    assert forgotten.status_for_programs() == 401


def test_edge_024_a_pending_request_of_the_former_person_is_gone_after_signing_out(visit, runtime, clock):
    computer = visit()
    computer.sign_in(ADA)
    clock.advance(timedelta(seconds=61))
    computer.ask(ADA)
    computer.send("/sign-out", page="/account")
    code = newest_mail(runtime, ADA).code
    answer = computer.client.post("/sign-in/code", data={"csrf_token": computer.token(), "code": code})
    assert answer.location == "/sign-in"
    assert computer.name_shown() is None


def test_asking_who_holds_a_token_is_one_statement(visit, runtime, clock):
    visitor = visit()
    visitor.sign_in(ADA)
    with visitor.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    with runtime.reading() as session:
        actor = queries.actor_for_session(token, session=session, at=clock.now())
        assert queries.actor_for_session(token + "x", session=session, at=clock.now()) is None
    assert actor is not None
    assert (actor.person_id, actor.roles) == (person_id(runtime, ADA), frozenset({"candidate"}))
