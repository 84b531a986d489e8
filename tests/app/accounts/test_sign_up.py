from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from app.accounts import queries
from app.accounts.models import GuessCount, Person, RoleGrant, SignInRequest
from app.foundation.audit import AuditEntry
from app.foundation.db import Base
from tests.app.accounts.visitor import mails, newest_mail

ADA, OTHER = "ada@example.org", "grace@example.net"


def proven(visit, runtime, address=ADA):
    visitor = visit()
    visitor.ask(address)
    assert visitor.enter_code(newest_mail(runtime, address).code).location == "/join"
    return visitor


def everything_stored(runtime) -> str:
    with runtime.reading() as session:
        return str([session.execute(select(table)).all() for table in Base.metadata.sorted_tables])


def test_an_adult_joins_in_the_language_of_their_choice(visit, runtime):
    visitor = proven(visit, runtime)
    assert visitor.join(language="fr").location == "/"
    assert visitor.name_shown() == ADA
    with runtime.reading() as session:
        found = queries.person_by_email(ADA, session=session)
        assert (found.language, found.has_joined, found.roles) == ("fr", True, frozenset())
        assert queries.is_adult(found.id, session=session)
        assert not queries.may_enter_norm(found.id, session=session)
    visit().ask(ADA)
    assert newest_mail(runtime, ADA).subject.startswith("Votre code pour Decile")


def test_nobody_has_an_account_before_saying_they_are_an_adult(visit, runtime):
    visitor = proven(visit, runtime)
    assert visitor.name_shown() is None
    with runtime.reading() as session:
        assert session.scalars(select(Person)).all() == []


def test_edge_084_a_person_under_18_is_refused_politely_and_nothing_is_kept(visit, runtime):
    visitor = visit()
    visitor.ask(ADA)
    code = newest_mail(runtime, ADA).code
    visitor.enter_code(f"{(int(code) + 1) % 10**6:06d}")
    visitor.enter_code(code)
    answer = visitor.join(adult="no")
    assert answer.status_code == 403
    assert "We have deleted your address" in answer.text
    stored = everything_stored(runtime)
    assert ADA not in stored
    with runtime.reading() as session:
        for table in (Person, SignInRequest, GuessCount, AuditEntry):
            assert session.scalars(select(table)).all() == []
    assert visitor.open("/join").location == "/sign-in"
    assert visitor.name_shown() is None


def test_edge_084_no_byte_of_the_address_stays_in_any_file(visit, runtime):
    """Nor of the mail that brought the code. Somebody else's stays."""
    proven(visit, runtime, OTHER)
    visitor = proven(visit, runtime)
    assert files_with(ADA, runtime), "the search finds what is there"
    assert visitor.join(adult="no").status_code == 403
    assert files_with(ADA, runtime) == []
    assert newest_mail(runtime, OTHER)
    with runtime.reading() as session:
        assert [one.email for one in session.scalars(select(SignInRequest))] == [OTHER]


def files_with(word, runtime):
    """Their names; of another server's files nothing is seen."""
    files = [file for file in runtime.settings.data.rglob("*") if file.is_file()]
    if runtime.database.is_sqlite:
        beside = Path(runtime.database.url.removeprefix("sqlite:///"))
        files += beside.parent.glob(f"{beside.name}*")
    return sorted({file.name for file in files if word.encode() in file.read_bytes()})


def test_edge_084_an_invitation_of_a_person_under_18_is_forgotten_too(visit, runtime, invited):
    visitor = visit()
    visitor.open_link(invited(ADA, "norm_editor"))
    visitor.press(meant="yes")
    assert visitor.join(adult="no").status_code == 403
    with runtime.reading() as session:
        for table in (Person, RoleGrant, SignInRequest):
            assert session.scalars(select(table)).all() == []


def test_the_refusal_reads_politely_in_french(visit, runtime):
    visitor = proven(visit, runtime)
    visitor.open("/sign-in?language=fr")
    assert visitor.join(adult="no").status_code == 403


def test_a_missing_choice_is_named_and_linked_to_its_field(visit, runtime):
    visitor = proven(visit, runtime)
    answer = visitor.join(adult="", language="xx")
    assert answer.status_code == 422
    for field in ("adult", "language"):
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}-error"' in answer.text
    assert visitor.name_shown() is None


def test_the_proof_of_an_address_lasts_half_an_hour(visit, runtime, clock):
    visitor = proven(visit, runtime)
    clock.advance(timedelta(minutes=30))
    assert visitor.join().status_code == 409
    assert visitor.name_shown() is None


def test_a_proof_joins_once(visit, runtime):
    visitor = proven(visit, runtime)
    twin = visitor.twin()
    token = twin.token("/join")
    visitor.join()
    answer = twin.client.post("/join", data={"csrf_token": token, "adult": "yes", "language": "en"})
    assert answer.status_code == 409
    assert twin.name_shown() is None


def test_two_proofs_of_one_address_make_one_account(visit, runtime, clock):
    first = proven(visit, runtime)
    clock.advance(timedelta(seconds=61))
    second = proven(visit, runtime)
    assert (first.join().status_code, second.join().status_code) == (303, 303)
    with runtime.reading() as session:
        assert len(session.scalars(select(Person)).all()) == 1
    assert (first.name_shown(), second.name_shown()) == (ADA, ADA)


def test_more_fields_in_the_form_grant_nothing(visit, runtime):
    visitor = proven(visit, runtime)
    visitor.send("/join", page="/join", adult="yes", language="en", role="norm_editor", roles="norm_editor",
                 is_admin="1", email="eve@example.org", adult_confirmed_at="2000-01-01")  # fmt: skip
    with runtime.reading() as session:
        [found] = queries.people(session=session)
    assert (found.email, found.roles) == (ADA, frozenset())
    assert {mail.to for mail in mails(runtime)} == {ADA}
