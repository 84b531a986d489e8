"""What was written to a person stands on their own place too, and nothing that would let somebody in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts import queries
from app.accounts.forget_old_letters import forget_old_letters
from app.accounts.keeping_mailer import KeepingMailer
from app.accounts.letters import LetterView, letters_of
from app.accounts.models import Letter, Person
from app.foundation.mail import MailUnavailable, Message, SmtpMailer
from tests.app.accounts.passkey_user import add_passkey
from tests.app.accounts.visitor import deliver, mails
from tests.journeys.installation import free_port

ADA, EVE = "ada@example.org", "eve@example.org"


@pytest.fixture
def ada(visit):
    visitor = visit()
    visitor.sign_in(ADA)
    return visitor


def person_id(runtime, address):
    with runtime.reading() as session:
        return queries.person_by_email(address, session=session).id


def letters(runtime, address=ADA):
    with runtime.reading() as session:
        return letters_of(queries.person_by_email(address, session=session).id, session=session)


def a_message(runtime, **parts) -> Message:
    given = {"to": ADA, "subject": "A subject", "text": "Words.", "key": "case:1", "person_id": person_id(runtime, ADA)}
    return Message(**{**given, **parts})


def test_edge_082_what_a_mailbox_refuses_stands_on_the_persons_own_place(ada, visit, runtime):
    """No server answers; the job tries again and again, the words stand there once and from the first try."""
    nobody = SmtpMailer(f"smtp://127.0.0.1:{free_port()}", sender="no-reply@localhost", clock=runtime.clock)
    away = KeepingMailer(nobody, runtime.database, runtime.clock)
    for _ in range(3):
        with pytest.raises(MailUnavailable):
            away.send(a_message(runtime))
    assert [letter.subject for letter in letters(runtime)] == ["A subject"]
    assert "A subject" in ada.open("/me").text
    assert "Words." in ada.open("/me/messages").text
    eve = visit()
    eve.sign_in(EVE)
    for page in ("/me", "/me/messages"):
        assert "A subject" not in eve.open(page).text
        assert "No message yet." in eve.open(page).text


def test_a_notice_stands_there_and_no_message_that_lets_somebody_in_does(ada, runtime):
    add_passkey(ada)
    deliver(runtime)
    assert len(mails(runtime)) == 2  # to sign in, and of the passkey
    assert ["passkey was added" in letter.subject for letter in letters(runtime)] == [True]


def test_whoever_is_gone_is_neither_written_to_nor_kept(ada, runtime):
    before = len(mails(runtime))
    nobody = runtime.entropy.uuid()
    runtime.mailer.send(a_message(runtime, person_id=nobody))
    assert len(mails(runtime)) == before
    with runtime.reading() as session:
        assert session.scalars(select(Letter)).all() == []


def test_letters_to_an_account_that_was_merged_are_read_too(ada, visit, runtime):
    visit().sign_in(EVE)
    runtime.mailer.send(a_message(runtime, key="case:2", subject="To Eve", person_id=person_id(runtime, EVE)))
    with runtime.transaction() as session:
        eve = session.get_one(Person, person_id(runtime, EVE))
        eve.merged_into_id, eve.merged_at = person_id(runtime, ADA), runtime.clock.now()
    assert "To Eve" in ada.open("/me/messages").text


def test_letters_go_after_as_many_days_as_the_policy_says(ada, runtime, clock):
    runtime.mailer.send(a_message(runtime))
    for days, left in ((730, 1), (1, 0)):
        clock.advance(timedelta(days=days))
        with runtime.transaction() as session:
            forget_old_letters(session=session, clock=clock)
        assert len(letters(runtime)) == left


def test_what_people_wrote_into_a_letter_stays_text(ada, runtime):
    runtime.mailer.send(a_message(runtime, subject="<b>S</b>", text="<script>x</script> see http://localhost/me now"))
    page = ada.open("/me/messages").text
    assert "<script>x" not in page
    assert "&lt;b&gt;S&lt;/b&gt;" in page
    assert '<a href="http://localhost/me" rel="noopener">http://localhost/me</a>' in page


def test_lines_that_were_broken_for_mail_are_made_whole_and_others_are_left(clock):
    long = "A line of a letter that was broken because a mail is no wider than this and then"
    letter = LetterView("en", "S", f"Hello,\n\n{long}\ngoes on.\n\nDecile\nhttp://localhost\n", clock.now())
    assert letter.paragraphs == (("Hello,",), (f"{long} goes on.",), ("Decile", "http://localhost"))
    address = f"http://localhost/{'a' * 80}"
    assert replace(letter, text=f"{address}\nNext").paragraphs == ((address, "Next"),)
