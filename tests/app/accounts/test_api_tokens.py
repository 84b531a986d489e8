"""Tokens for programs: made after a fresh proof, shown once, kept as a hash, never worth more than their maker."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.accounts.api_tokens import api_tokens_of, caller_for_api_token
from app.accounts.models import ApiToken, Person
from app.foundation.audit import AuditEntry
from tests.app.accounts.visitor import Visitor, mails, newest_mail

SHOWN = re.compile(r"<code>(decile_[\w-]+)</code>")
PAGE = "/account/tokens"


def make(visitor: Visitor, *, label: str = "Laptop", scope: object = "results:read", days: int = 30):
    return visitor.send(PAGE, page=PAGE, label=label, scope=scope, days=days)


def token_in(answer) -> str:
    found = SHOWN.search(answer.text)
    assert found, answer.text[-1500:]
    return found.group(1)


def rows(runtime) -> list[ApiToken]:
    with runtime.reading() as session:
        return list(session.query(ApiToken))


@pytest.fixture
def candidate(visit) -> Visitor:
    visitor = visit()
    visitor.sign_in("ada@example.org")
    return visitor


def test_a_token_is_shown_once_and_kept_as_a_hash(candidate, runtime):
    answer = make(candidate, scope=["results:read", "sittings:read"])
    token = token_in(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "decile_" not in candidate.open(PAGE).text
    (row,) = rows(runtime)
    assert token not in repr(vars(row))
    with runtime.reading() as session:
        caller = caller_for_api_token(token, session=session, at=runtime.clock.now())
        assert [entry.kind for entry in session.query(AuditEntry)].count("api-token.issued") == 1
        assert token not in repr([entry.detail for entry in session.query(AuditEntry)])
    assert caller.token.scopes == ("sittings:read", "results:read")
    assert caller.actor.second_factor_at is None


@pytest.mark.parametrize(
    ("language", "word"), [("en", "token for a program was made"), ("fr", "jeton pour un programme")]
)
def test_its_owner_is_told_of_a_new_one_by_letter(candidate, runtime, language, word):
    candidate.send("/account", page="/account", display_name="", language=language)
    token = token_in(make(candidate))
    make(candidate, label="Another")
    told = [mail for mail in mails(runtime) if word in mail.subject]
    assert [mail.to for mail in told] == ["ada@example.org"] * 2
    assert "http://localhost/account" in told[0].text
    assert token not in str([mail.text for mail in told])
    assert "Laptop" not in told[0].text


def test_signing_out_everywhere_else_ends_every_token_of_the_person_and_says_so(candidate, visit, runtime):
    token = token_in(make(candidate))
    eve = visit()
    eve.sign_in("eve@example.org")
    kept = token_in(make(eve))
    assert "ends every token for programs of yours too" in candidate.open("/account").text
    candidate.send("/account/sign-ins/end-others", page="/account")
    page = candidate.open("/account").text
    assert "One token for a program has ended" in page
    assert "Sign out everywhere else" not in page
    with runtime.reading() as session:
        now = runtime.clock.now()
        assert caller_for_api_token(token, session=session, at=now) is None
        assert caller_for_api_token(kept, session=session, at=now) is not None
        assert [entry.kind for entry in session.query(AuditEntry)].count("api-token.revoked") == 1


def test_the_account_page_leads_there(candidate):
    assert 'href="/account/tokens"' in candidate.open("/account").text


def test_a_sign_in_of_long_ago_is_not_enough(candidate, runtime):
    """The page leads to a mailed code, and back."""
    runtime.clock.advance(timedelta(minutes=10))
    assert make(candidate).status_code == 200
    runtime.clock.advance(timedelta(seconds=1))
    refused = make(candidate)
    assert (refused.status_code, refused.location) == (303, "/prove?next=/account/tokens")
    assert len(rows(runtime)) == 1
    former = candidate.twin()
    asked = candidate.send("/prove/code", page=refused.location, next=PAGE)
    assert asked.location == "/sign-in/code"
    assert candidate.enter_code(newest_mail(runtime, "ada@example.org").code).location == PAGE
    back = candidate.open(PAGE).text
    assert "we know it is you" in back
    assert back.count(" checked>") == 2  # the scope and the days
    assert make(candidate).status_code == 200
    assert former.status_for_programs() == 401


def test_case_066_staff_need_their_second_factor_just_now(staff, runtime):
    """Signed in a moment ago, without it or with an old one: no token, whatever its scope."""
    editor = staff()
    answer = make(editor, scope="norms:read")
    assert answer.location == "/prove?next=/account/tokens"
    assert editor.open(answer.location).location == "/second-factor?next=/account/tokens"
    assert make(editor, scope="results:read").status_code == 303
    editor.enrol()
    assert make(editor, scope="norms:read").status_code == 200
    runtime.clock.advance(timedelta(minutes=16))
    assert make(editor, scope="norms:read").location == "/prove?next=/account/tokens"
    assert len(rows(runtime)) == 1


@pytest.mark.parametrize(
    ("scope", "status"), [("norms:read", 403), (["results:read", "norms:read"], 403), ("admin", 422), ([], 422)]
)
def test_case_066_a_scope_beyond_ones_own_rights_is_refused(candidate, runtime, scope, status):
    assert "norms:read" not in candidate.open(PAGE).text
    assert make(candidate, scope=scope).status_code == status
    assert rows(runtime) == []


def test_a_recruiter_gets_no_scope_of_norm_editors(staff, runtime):
    recruiter = staff("rita@example.org", "recruiter")
    assert make(recruiter, scope="norms:read").status_code == 403
    assert make(recruiter, scope="results:read").status_code == 200


@pytest.mark.parametrize(("label", "days"), [("", 30), ("  ", 30), ("x" * 101, 30), ("Laptop", 31), ("Laptop", 10_000)])
def test_a_token_needs_a_name_and_an_end_on_offer(candidate, runtime, label, days):
    assert make(candidate, label=label, days=days).status_code == 422
    assert rows(runtime) == []


def test_twenty_tokens_are_enough(candidate, runtime):
    answers = [make(candidate, label=f"Program {number}").status_code for number in range(21)]
    assert answers == [200] * 20 + [422]
    assert len(rows(runtime)) == 20


def test_deleting_a_token_ends_it_at_once(candidate, runtime):
    token = token_in(make(candidate))
    (row,) = rows(runtime)
    candidate.send(f"{PAGE}/{row.id}/delete", page=PAGE)
    with runtime.reading() as session:
        assert caller_for_api_token(token, session=session, at=runtime.clock.now()) is None


def test_a_foreign_token_cannot_be_deleted(candidate, visit, runtime):
    make(candidate)
    (row,) = rows(runtime)
    stranger = visit()
    stranger.sign_in("eve@example.org")
    assert stranger.send(f"{PAGE}/{row.id}/delete", page=PAGE).status_code == 404
    assert "Laptop" not in stranger.open(PAGE).text
    assert len(rows(runtime)) == 1


def test_removing_the_second_factor_ends_every_token(staff, runtime):
    editor = staff()
    editor.enrol()
    make(editor, scope="norms:read")
    editor.send("/account/second-factor/remove", page="/account")
    assert rows(runtime) == []


def test_a_token_works_until_its_end_and_not_at_it(candidate, runtime):
    token = token_in(make(candidate, days=7))
    ends_at = runtime.clock.now() + timedelta(days=7)
    with runtime.reading() as session:
        before = caller_for_api_token(token, session=session, at=ends_at - timedelta(seconds=1))
        assert before is not None
        assert caller_for_api_token(token, session=session, at=ends_at) is None
        person = session.query(Person).filter_by(email="ada@example.org").one()
        assert api_tokens_of(person.id, session=session, at=ends_at) == ()
