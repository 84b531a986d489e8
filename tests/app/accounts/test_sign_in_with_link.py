from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import BrowserSession, Person, RoleGrant, SignInRequest
from app.foundation.audit import AuditEntry
from tests.app.accounts.visitor import newest_mail

ADA, BOB, FAMILY = "ada@example.org", "bob@example.org", "family@example.org"
# What the gateways of large mail providers have been seen to call themselves, and an ordinary browser
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Safari/537.36 SafeLinks",
    "Barracuda Sentinel (EE)",
    "Mimecast URL Protect",
    "Proofpoint Essentials",
    "GoogleImageProxy",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
)


def session_count(runtime) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(BrowserSession)) or 0


def test_opening_the_link_and_pressing_the_button_signs_in(visit, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    visitor.open_link(newest_mail(runtime, ADA).link)
    assert visitor.name_shown() is None
    assert visitor.press().location == "/"
    assert visitor.name_shown() == ADA


def test_case_058_a_mail_scanner_may_open_the_link_twenty_times_and_the_person_still_gets_in(visit, runtime):
    visit().sign_in(ADA)
    visitor, scanner = visit(), visit()
    visitor.ask(ADA)
    link = newest_mail(runtime, ADA).link
    before = session_count(runtime)
    for turn in range(20):
        agent = {"User-Agent": SCANNERS[turn % len(SCANNERS)]}
        for method in (scanner.client.get, scanner.client.head):
            method(link, headers=agent, follow_redirects=True)
            method("/sign-in/confirm", headers=agent)
            method("/sign-in/code", headers=agent)
        assert scanner.name_shown() is None
    assert session_count(runtime) == before
    with runtime.reading() as session:
        consumed = session.scalars(select(SignInRequest.consumed_at).order_by(SignInRequest.asked_at)).all()
    assert None in consumed
    visitor.open_link(link)
    assert visitor.press().location == "/"
    assert visitor.name_shown() == ADA


def test_case_063_a_link_opened_in_another_browser_asks_to_confirm_the_masked_address(visit, runtime):
    visit().sign_in(ADA)
    asker, other = visit(), visit()
    asker.ask(ADA)
    page = other.open_link(newest_mail(runtime, ADA).link).text
    assert "a•••@example.org" in page
    assert ADA not in page
    refused = other.press()  # the button of the asking browser's page carries no confirmation
    assert refused.status_code == 200
    assert other.name_shown() is None
    assert other.press(meant="yes").location == "/"
    assert other.name_shown() == ADA


def test_the_button_lets_in_by_the_link_whose_page_was_read_and_by_no_other(visit, runtime):
    """A page elsewhere can open its own link in the same browser between the reading and the press."""
    visit().sign_in(ADA)
    for address in (ADA, BOB):
        visit().ask(address)
    phone = visit()
    phone.open_link(newest_mail(runtime, ADA).link)
    read = phone.confirm_form()
    phone.open_link(newest_mail(runtime, BOB).link)
    answer = phone.client.post("/sign-in/confirm", data={**read, "meant": "yes"})
    assert answer.status_code == 200
    assert "Another link was opened" in answer.text
    assert "b•••@example.org" in answer.text
    assert ADA not in answer.text
    assert BOB not in answer.text
    assert phone.name_shown() is None
    for without in ({}, {"shown": "no number"}):
        answer = phone.client.post(
            "/sign-in/confirm", data={"csrf_token": read["csrf_token"], "meant": "yes", **without}
        )
        assert answer.status_code == 200
    phone.open_link(newest_mail(runtime, ADA).link)
    assert "Another link" not in phone.open("/sign-in/confirm").text
    assert phone.press(meant="yes").location == "/"
    assert phone.name_shown() == ADA


def test_edge_080_an_invitation_passed_on_gives_its_reader_nothing_and_its_owner_sees_that_it_was_used(
    visit, invited, runtime
):
    visit().sign_in(ADA)
    bob = visit()
    bob.sign_in(BOB)
    page = bob.open_link(invited(ADA, "norm_editor")).text
    assert f"signed in as {BOB}" in page
    assert "a•••@example.org" in page
    assert ADA not in page
    assert "an invitation to your own address" in page
    bob.press()  # without saying that the address is theirs
    assert bob.name_shown() == BOB
    assert bob.press(meant="yes").status_code == 303
    assert bob.name_shown() != BOB
    with runtime.reading() as session:
        ids = dict(session.execute(select(Person.email, Person.id)).all())
        assert session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == ids[BOB])).all() == []
        query = select(AuditEntry).where(AuditEntry.kind == "sign-in.link_used_by_another")
        (entry,) = session.scalars(query).all()
    assert (entry.subject, entry.actor_id) == (str(ids[ADA]), ids[BOB])


def test_edge_065_who_shares_a_mailbox_shares_one_account(visit, runtime):
    """There is no second person to be told apart: waits, limits and certificates are the mailbox's."""
    ann, ben = visit(), visit()
    ann.sign_in(FAMILY)
    ben.sign_in(FAMILY)
    assert ann.name_shown() == ben.name_shown() == FAMILY
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person).where(Person.email == FAMILY)) == 1


def test_in_the_browser_that_asked_no_address_needs_confirming(visit, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    page = visitor.open_link(newest_mail(runtime, ADA).link).text
    assert "•••" not in page
    assert 'name="meant"' not in page


def test_a_link_works_once(visit, runtime):
    visit().sign_in(ADA)
    visitor, late = visit(), visit()
    visitor.ask(ADA)
    link = newest_mail(runtime, ADA).link
    late.open_link(link)
    form = late.confirm_form()
    visitor.open_link(link)
    visitor.press()
    answer = late.client.post("/sign-in/confirm", data={**form, "meant": "yes"})
    assert answer.status_code == 409
    assert "already been used" in answer.text
    assert late.open_link(link).status_code == 409
    assert late.name_shown() is None


def test_a_link_is_too_old_after_a_quarter_of_an_hour(visit, runtime, clock):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    link = newest_mail(runtime, ADA).link
    visitor.open_link(link)
    clock.advance(timedelta(minutes=14, seconds=59))
    form = visitor.confirm_form()
    clock.advance(timedelta(seconds=1))
    answer = visitor.client.post("/sign-in/confirm", data=form)
    assert answer.status_code == 422
    assert "expired" in answer.text
    assert visitor.name_shown() is None


@pytest.mark.parametrize("change", ["cut", "other", "empty", "purpose"])
def test_a_changed_link_opens_nothing(visit, runtime, change):
    visitor = visit()
    visitor.ask(ADA)
    link = newest_mail(runtime, ADA).link
    # the last letter of a signature carries spare bits that no decoder reads: change one in the middle
    changed = {
        "cut": link[:-5],
        "other": link[:-9] + ("A" if link[-9] != "A" else "B") + link[-8:],
        "empty": "/sign-in/link",
        "purpose": "/sign-in/link?token=" + runtime.links.sign("unsubscribe", "0" * 32),
    }[change]
    answer = visitor.open_link(changed)
    assert answer.status_code == 422
    assert "not complete" in answer.text


def test_case_059_eight_presses_of_one_link_at_once_sign_in_once(visit, at_once, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    visitor.open_link(newest_mail(runtime, ADA).link)
    before = session_count(runtime)
    twins = [visitor.twin() for _ in range(8)]
    forms = [twin.confirm_form() for twin in twins]
    answers = at_once(
        [
            lambda twin=twin, form=form: twin.client.post("/sign-in/confirm", data=form)
            for twin, form in zip(twins, forms, strict=True)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    assert session_count(runtime) == before + 1
    assert [twin.name_shown() for twin in twins].count(ADA) == 1


def test_case_059_link_and_code_at_once_sign_in_once(visit, at_once, runtime):
    visit().sign_in(ADA)
    visitor = visit()
    visitor.ask(ADA)
    mail = newest_mail(runtime, ADA)
    visitor.open_link(mail.link)
    before = session_count(runtime)
    twins = [visitor.twin() for _ in range(8)]
    forms = [twin.confirm_form() for twin in twins]

    def act(number):
        twin, data = twins[number], forms[number]
        if number % 2:
            return twin.client.post("/sign-in/code", data={**data, "code": mail.code})
        return twin.client.post("/sign-in/confirm", data=data)

    answers = at_once([lambda number=number: act(number) for number in range(8)])
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    assert session_count(runtime) == before + 1
