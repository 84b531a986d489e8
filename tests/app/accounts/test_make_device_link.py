"""A link for another device of one's own: worth what the sign-in that made it is worth, and for as long."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.accounts import queries
from app.accounts.make_device_link import make_device_link
from app.accounts.pending_sign_ins import has_used_device_link
from app.accounts.restrict_account import restrict_account
from app.accounts.restrictions import Cause
from app.foundation.access import SignInNeeded, operator
from tests.app.accounts.test_api_tokens import PAGE, make, rows
from tests.app.accounts.visitor import newest_mail

ADA = "ada@example.org"
END = re.compile(r'action="(/account/sign-ins/[0-9a-f-]+/end)"')


@pytest.fixture
def ada(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    return visitor


def link_made_in(visitor, runtime):
    with visitor.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    with runtime.transaction() as session:
        return make_device_link(
            token, "/account", session=session, clock=runtime.clock, entropy=runtime.entropy, links=runtime.links
        )


def follow(visitor, link):
    visitor.open_link(link.path)
    return visitor.press(meant="yes")


def test_it_signs_its_maker_in_on_another_device_which_the_first_learns(ada, visit, runtime):
    link, there = link_made_in(ada, runtime), visit()
    assert follow(there, link).location == "/account"
    assert (ada.name_shown(), there.name_shown()) == (ADA, ADA)
    with runtime.reading() as session:
        own_id = queries.person_by_email(ADA, session=session).id
        assert has_used_device_link(link.request_id, own_id, session=session)


def test_a_sign_in_of_long_ago_is_no_younger_on_the_other_device(ada, visit, runtime):
    runtime.clock.advance(timedelta(hours=2))
    there, further = visit(), visit()
    follow(there, link_made_in(ada, runtime))
    follow(further, link_made_in(there, runtime))
    for browser in (there, further):
        assert make(browser).location == f"/prove?next={PAGE}"
    assert rows(runtime) == []


def test_a_stolen_cookie_proves_nothing_by_a_link_followed_in_the_same_browser(ada, runtime):
    thief = ada.twin()
    runtime.clock.advance(timedelta(hours=2))
    follow(thief, link_made_in(thief, runtime))
    assert make(thief).location == f"/prove?next={PAGE}"


def test_a_proof_of_now_counts_on_the_other_device_and_a_mailed_code_gives_a_new_one_there(ada, visit, runtime):
    runtime.clock.advance(timedelta(minutes=9))
    there = visit()
    follow(there, link_made_in(ada, runtime))
    assert make(there).status_code == 200
    runtime.clock.advance(timedelta(minutes=2))
    assert make(there).location == f"/prove?next={PAGE}"
    there.send("/prove/code", page=f"/prove?next={PAGE}", next=PAGE)
    there.enter_code(newest_mail(runtime, ADA).code)
    assert make(there).status_code == 200


def test_the_account_page_says_when_the_other_device_was_let_in(ada, visit, runtime):
    runtime.clock.advance(timedelta(hours=2))
    there = visit()
    follow(there, link_made_in(ada, runtime))
    [entry] = [one for one in there.open("/account").text.split('<li id="sign-in-')[1:] if "this browser" in one]
    assert f"since {runtime.clock.now():%d %B %Y, %H:%M} UTC" in entry


def test_from_device_to_device_a_sign_in_ends_after_its_week(ada, visit, runtime):
    for _ in range(13):
        runtime.clock.advance(timedelta(hours=12))
        there = visit()
        follow(there, link_made_in(ada, runtime))
        ada = there
    assert ada.status_for_programs() == 200
    runtime.clock.advance(timedelta(hours=12))
    assert ada.status_for_programs() == 401


def end_others(ada, mine, runtime) -> None:
    mine.send("/account/sign-ins/end-others", page="/account")


def end_that_one(ada, mine, runtime) -> None:
    entries = mine.open("/account").text.split('<li id="sign-in-')[1:]
    [other] = [entry for entry in entries if "this browser" not in entry]
    mine.send(END.findall(other)[0], page="/account")


def sign_out(ada, mine, runtime) -> None:
    ada.send("/sign-out", page="/account")


def ended_everywhere(ada, mine, runtime) -> None:
    with runtime.transaction() as session:
        found = queries.person_by_email(ADA, session=session)
        options = {"session": session, "clock": runtime.clock, "actor": operator()}
        restrict_account(found.id, Cause.DISPUTE, "Asked for.", entropy=runtime.entropy, **options)


@pytest.mark.parametrize("end", [end_others, end_that_one, sign_out, ended_everywhere])
def test_once_the_sign_in_that_made_it_has_ended_it_lets_nobody_in(ada, visit, runtime, end):
    link, mine, thief = link_made_in(ada, runtime), visit(), visit()
    mine.sign_in(ADA)
    end(ada, mine, runtime)
    follow(thief, link)
    assert thief.name_shown() is None


def test_it_lets_nobody_in_after_the_end_of_its_makers_week(ada, visit, runtime):
    for _ in range(13):
        runtime.clock.advance(timedelta(hours=12))
        assert ada.status_for_programs() == 200
    runtime.clock.advance(timedelta(hours=11, minutes=58))
    link, there = link_made_in(ada, runtime), visit()
    runtime.clock.advance(timedelta(minutes=3))
    follow(there, link)
    assert there.name_shown() is None


def test_a_browser_that_is_signed_out_makes_none(ada, runtime):
    copy = ada.twin()
    ada.send("/sign-out", page="/account")
    with pytest.raises(SignInNeeded):
        link_made_in(copy, runtime)
