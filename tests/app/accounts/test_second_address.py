"""A second mailbox gets copies of letters once somebody who reads it has agreed, and lets nobody in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.accounts import queries
from app.accounts.close_merged_account import close_merged_account
from app.accounts.forget_stale_sign_ins import forget_stale_sign_ins
from app.accounts.prove_second_address import prove_second_address
from app.accounts.second_addresses import SecondAddressView, second_address_of
from tests.app.accounts.passkey_user import add_passkey
from tests.app.accounts.visitor import mails, newest_mail
from tests.meanwhile import PATIENCE_SECONDS, meanwhile

ADA, OTHER = "ada@example.org", "ada@elsewhere.example.org"
PAGE = "/account/second-address"


@pytest.fixture
def ada(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    return visitor


def name(visitor, address=OTHER):
    return visitor.send(PAGE, page=PAGE, email=address)


def asked(runtime, address=OTHER):
    """Path of the link in the newest message to the second address."""
    return re.search(r"http://localhost(/second-address/\S+)", newest_mail(runtime, address).text)[1]


def agree(visitor, path):
    return visitor.send(path, page=path)


def second(runtime):
    with runtime.reading() as session:
        return second_address_of(queries.person_by_email(ADA, session=session).id, session=session)


def copies(runtime):
    return [mail for mail in mails(runtime) if mail.to == f"{ADA}, {OTHER}"]


def test_edge_082_copies_go_to_a_second_address_once_its_reader_has_agreed(ada, visit, runtime):
    assert name(ada).location == PAGE
    assert "ada@" not in newest_mail(runtime, OTHER).text.replace("ada@elsewhere", "")  # the first is named masked
    add_passkey(ada)
    assert copies(runtime) == []
    assert "within 24 hours" in ada.open(PAGE).text
    elsewhere = visit()  # reads that mail on another device, without an account
    path = asked(runtime)
    assert OTHER in elsewhere.open(path).text
    assert second(runtime).proven_at is None  # looking at the page agrees to nothing
    assert agree(elsewhere, path).location == path
    assert "now go to" in elsewhere.open(path).text
    [told] = [mail for mail in copies(runtime) if "go to a second address" in mail.subject]
    assert "take it back" in told.text
    add_passkey(ada, "another")
    assert any("passkey was added" in mail.subject for mail in copies(runtime))


def test_it_lets_nobody_in(ada, visit, runtime):
    name(ada)
    agree(ada, asked(runtime))
    before = len(mails(runtime))
    visit().ask(ADA)
    [mail] = mails(runtime)[before:]
    assert mail.to == ADA
    stranger = visit()
    stranger.sign_in(OTHER)
    assert stranger.name_shown() == OTHER  # an account of its own


def test_taken_back_nothing_goes_there_and_a_link_under_way_proves_nothing(ada, runtime):
    name(ada)
    path = asked(runtime)
    ada.send(f"{PAGE}/remove", page=PAGE)
    answer = ada.open(path)
    assert answer.status_code == 409
    assert "taken back or replaced" in answer.text
    name(ada, "third@example.org")
    assert ada.open(path).status_code == 409
    add_passkey(ada)
    assert copies(runtime) == []
    assert [mail.to for mail in mails(runtime) if "passkey" in mail.subject] == [ADA]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_that_one_agrees_while_another_is_named_proves_nothing_of_the_other(ada, runtime, clock):
    name(ada)
    token = asked(runtime).rpartition("/")[2]
    with runtime.transaction() as session:
        prove_second_address(token, session=session, clock=clock, jobs=runtime.jobs, links=runtime.links)
        naming = meanwhile(lambda: name(ada, "third@example.org"), runtime.database)
    assert naming.result(PATIENCE_SECONDS).location == PAGE
    assert second(runtime) == SecondAddressView("third@example.org", None)


def test_a_mailbox_that_does_not_agree_is_forgotten_and_one_that_did_is_not(ada, runtime, clock):
    for answers in (False, True):
        name(ada)
        if answers:
            agree(ada, asked(runtime))
        clock.advance(timedelta(hours=24, seconds=1))
        with runtime.transaction() as session:
            forget_stale_sign_ins(session=session, clock=clock)
        assert (second(runtime) is not None) == answers
        ada.sign_in(ADA)


def test_a_link_works_for_a_day_and_one_of_another_purpose_not_at_all(ada, runtime, clock):
    name(ada)
    path = asked(runtime)
    clock.advance(timedelta(hours=23))
    assert ada.open(path).status_code == 200
    clock.advance(timedelta(hours=1))
    late = ada.open(path)
    assert late.status_code == 422
    assert "This link has expired" in late.text
    assert ada.open("/second-address/torn").status_code == 422
    foreign = runtime.links.sign("stop-reminders", ["x", OTHER])
    assert ada.open(f"/second-address/{foreign}").status_code == 422


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("nothing", "not an e-mail address we can write to"),
        ("ADA+copies@example.org", "the mailbox we write to already"),
    ],
)
def test_what_cannot_be_one_is_refused_with_words_beside_the_field(ada, runtime, typed, words):
    answer = name(ada, typed)
    assert (answer.status_code, second(runtime)) == (422, None)
    assert words in answer.text
    assert f'value="{typed}"' in answer.text


def test_nobodys_mailbox_is_flooded_by_somebody_with_an_account(ada, runtime):
    answers = [name(ada, f"stranger-{number}@example.org") for number in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 6 + [422]
    assert "many addresses" in answers[-1].text
    assert sum("stranger" in mail.to for mail in mails(runtime)) <= 6


def test_nobodys_mailbox_is_flooded_by_many_accounts(visit, runtime, clock):
    """Counted for the mailbox, under every spelling; whoever asks sees the same answer and page."""
    seen = []
    for number in range(10):
        one = visit()
        one.sign_in(f"friend{number}@example.org")
        seen.append((name(one, f"victim+{number}@example.org").status_code, "None yet" in one.open(PAGE).text))
    assert seen == [(303, True)] * 10
    assert sum("victim" in mail.to for mail in mails(runtime)) == 6
    assert name(one, "neighbour@example.org").status_code == 303
    assert newest_mail(runtime, "neighbour@example.org")
    clock.advance(timedelta(days=1))
    one.sign_in("friend9@example.org")
    name(one, "victim@example.org")
    assert sum("victim" in mail.to for mail in mails(runtime)) == 7


def test_naming_one_needs_a_proof_of_now(ada, runtime, clock):
    clock.advance(timedelta(minutes=10, seconds=1))
    assert name(ada, "elsewhere@example.org").location == f"/prove?next={PAGE}"
    assert second(runtime) is None
    assert 'value="elsewhere@example.org"' in ada.open(PAGE).text


def test_it_goes_with_an_account_that_is_merged_into_another(ada, visit, runtime):
    name(ada)
    visit().sign_in("eve@example.org")
    with runtime.transaction() as session:
        leaving, staying = (queries.person_by_email(one, session=session).id for one in (ADA, "eve@example.org"))
        close_merged_account(leaving, staying, session=session, at=runtime.clock.now())
        assert second_address_of(leaving, session=session) is None
