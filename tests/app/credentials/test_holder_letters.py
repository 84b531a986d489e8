"""Whoever holds a certificate is written to when something happens to it: once each, whatever dies in between."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from email import policy as mail_policy
from email.parser import BytesParser

import pytest
from sqlalchemy import update

from app import worker
from app.accounts.letters import letters_of
from app.accounts.models import Person
from app.credentials.holder_letter_texts import LETTERS, REASONS
from app.credentials.holder_letters import Occasion
from app.credentials.states import RevocationReason
from app.factory import create_app
from app.foundation.runtime import Runtime
from tests.app.credentials.worker_house import ask, issue, key_in_use, since, stored
from tests.fakes import FrozenClock
from tests.journeys.at_a_standstill import run_jobs

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def letters(house: Runtime, occasion: Occasion) -> list[str]:
    found = (house.settings.data / "mail").glob(f"certificate-{occasion.value}-*.eml")
    parse = BytesParser(policy=mail_policy.default).parsebytes
    return [str(parse(file.read_bytes()).get_content()) for file in sorted(found)]


@on_sqlite
def test_an_operators_revocation_tells_the_holder_why_and_once(house: Runtime) -> None:
    (code,) = issue(house)
    ask(house, "revoke", code, "--reason", "issued-in-error")
    (letter,) = letters(house, Occasion.REVOKED)
    assert "was revoked: it had been issued in error" in letter
    ask(house, "revoke", code, "--reason", "misconduct")  # it stays as it was, and nobody is written to again
    assert house.jobs.enqueued == {}
    assert letters(house, Occasion.REVOKED) == [letter]


@on_sqlite
def test_each_review_by_an_operator_has_a_letter_at_its_beginning_and_its_end(
    house: Runtime, clock: FrozenClock
) -> None:
    (code,) = issue(house)
    why = ("--reference", "2026-114")
    for count in (1, 2):
        clock.advance(timedelta(hours=1))
        ask(house, "suspend", code, *why)
        ask(house, "suspend", code, *why)  # it is suspended already, and nobody is written to again
        assert len(letters(house, Occasion.SUSPENDED)) == count
        assert len(letters(house, Occasion.REINSTATED)) == count - 1
        clock.advance(timedelta(hours=1))
        ask(house, "reinstate", code, *why)
        assert len(letters(house, Occasion.REINSTATED)) == count
    told = letters(house, Occasion.SUSPENDED) + letters(house, Occasion.REINSTATED)
    assert not any("2026-114" in letter for letter in told)
    assert "under review" in told[0]
    assert "Another letter tells you what comes of it" in told[0]
    assert "is over. It stands, until 23 November 2027 as before" in told[-1]
    with house.reading() as session:
        kept = [letter.subject for letter in letters_of(stored(session, code).person_id, session=session)]
    assert kept.count("Your certificate is under review") == 2


@on_sqlite
def test_the_letter_is_in_the_language_of_its_holder(house: Runtime) -> None:
    (code,) = issue(house)
    with house.transaction() as session:
        session.execute(update(Person).values(language="fr"))
    ask(house, "revoke", code, "--reason", "replaced")
    (letter,) = letters(house, Occasion.REVOKED)
    assert "il a été remplacé" in letter
    assert "Coopération" in letter


@on_sqlite
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("reason", [reason.value for reason in RevocationReason])
def test_the_letter_repeats_what_the_page_tells_everybody(house: Runtime, reason: str, language: str) -> None:
    (code,) = issue(house)
    with house.transaction() as session:
        session.execute(update(Person).values(language=language))
    ask(house, "revoke", code, "--reason", reason)
    answer = (
        create_app(house).test_client().get(f"/c/{code}", headers={"Accept": "text/html", "Accept-Language": language})
    )
    told = re.search(r"(?:REVOKED on|RÉVOQUÉ le) .*?</time>\s*: (.+?)<", html.unescape(answer.text))
    assert told is not None
    (letter,) = letters(house, Occasion.REVOKED)
    assert f"in one phrase: {told[1]}." in letter or f"en une phrase\u00a0: {told[1]}." in letter
    assert "no reason" not in letter


@on_sqlite
def test_after_a_compromise_each_holder_gets_the_letter_that_is_true_for_them(
    house: Runtime, clock: FrozenClock
) -> None:
    issue(house, 2)
    stolen_at = clock.advance(timedelta(hours=1))
    (doubtful,) = issue(house)
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(stolen_at))
    assert len(letters(house, Occasion.SIGNED_ANEW)) == 2
    (opened,) = letters(house, Occasion.REVIEW_OPENED)
    assert doubtful[:4] in opened
    ask(house, "review", doubtful, "--revoke", "--reason", "No sitting stands behind it.")
    (left,) = letters(house, Occasion.LEFT_WITHDRAWN)
    assert "No sitting stands behind it." in left
    assert "in one phrase: the key that signed it can no longer be trusted." in left
    assert letters(house, Occasion.REVOKED) == []


@on_sqlite
def test_a_worker_killed_after_sending_sends_the_same_message_again(house: Runtime) -> None:
    (code,) = issue(house)
    ask(house, "revoke", code, "--reason", "misconduct")
    ((name, arguments),) = [one for one in house.jobs.enqueued.values() if one[0] == "send_holder_letter"]
    first = letters(house, Occasion.REVOKED)
    worker.JOBS[name](house, **arguments)
    assert letters(house, Occasion.REVOKED) == first


@on_sqlite
def test_a_killed_compromise_writes_no_letter_twice(house: Runtime, clock: FrozenClock) -> None:
    issue(house, 3)
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    again = dict(house.jobs.enqueued)
    for name, arguments in again.values():
        worker.JOBS[name](house, **arguments)
    run_jobs(house)
    assert len(letters(house, Occasion.SIGNED_ANEW)) == 3


def test_every_occasion_and_every_reason_has_words_in_both_languages() -> None:
    assert set(LETTERS) == set(Occasion)
    assert all(set(text) == {"en", "fr"} for text in LETTERS.values())
    assert all(set(REASONS[language]) == set(RevocationReason) for language in ("en", "fr"))
