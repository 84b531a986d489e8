"""A founder is told when the norm exists: by a real norm that gives ranks, once, whoever asks how often."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest

from app.accounts.models import Person
from app.assessment.models import FoundingPromise
from app.assessment.note_founder_told import note_founder_told
from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.foundation.access import operator
from app.norming.keep_founding_promises import keep_founding_promises
from app.norming.models import NormState
from app.norming.tell_founder import tell_founder
from tests.app.norming.builders import SKILL, a_calibrated_sample, a_described_mapping, a_norm, people

FOUNDER_ID = UUID(int=0xF)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def a_founder(session, at, *, language="en"):
    session.add(
        Person(id=FOUNDER_ID, email="founder@example.org", language="fr", known_since_at=at, adult_confirmed_at=at)
    )
    session.flush()
    session.add(FoundingPromise(person_id=FOUNDER_ID, skill=SKILL, language=language, made_at=at, told_at=None))
    session.flush()


def a_published_norm(session, clock, entropy, *, n=450, simulated=False):
    staff = people(session, clock.now())
    a_calibrated_sample(session, clock, entropy, mapping=a_described_mapping(simulated=simulated), n=n)
    a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)


def mails(runtime):
    return sorted((runtime.settings.data / "mail").glob("*.eml"))


def tell(runtime):
    """What the worker does with the job."""
    with runtime.reading() as session:
        tell_founder(
            FOUNDER_ID, SKILL, base_url="http://localhost", session=session, clock=runtime.clock, mailer=runtime.mailer
        )
    with runtime.transaction() as session:
        note_founder_told(FOUNDER_ID, SKILL, session=session, clock=runtime.clock)


def test_without_a_norm_nobody_is_told(session, clock, jobs):
    a_founder(session, clock.now())

    assert keep_founding_promises(session=session, jobs=jobs) == 0


@pytest.mark.parametrize("about", [{"simulated": True}, {"n": 300}])
def test_a_demo_norm_or_one_without_ranks_is_not_what_was_promised(session, clock, entropy, jobs, about):
    a_founder(session, clock.now())
    a_published_norm(session, clock, entropy, **about)

    assert keep_founding_promises(session=session, jobs=jobs) == 0


def test_a_norm_in_the_other_language_is_not_what_was_promised(session, clock, entropy, jobs):
    a_founder(session, clock.now(), language="fr")
    a_published_norm(session, clock, entropy)

    assert keep_founding_promises(session=session, jobs=jobs) == 0


def test_a_founder_is_told_once_in_their_own_language(runtime, clock, entropy, jobs):
    with runtime.transaction() as session:
        a_founder(session, clock.now())
        a_published_norm(session, clock, entropy)
        for _ in range(2):
            keep_founding_promises(session=session, jobs=jobs)
    assert jobs.names() == ["tell_founder"]

    for _ in range(3):
        tell(runtime)

    (mail,) = mails(runtime)
    assert "Comme promis" in mail.read_bytes().decode("utf-8", "replace") or "=C3" in mail.read_text()
    with runtime.transaction() as session:
        assert keep_founding_promises(session=session, jobs=jobs) == 0


def test_noted_as_told_nothing_is_sent_again(runtime, clock):
    with runtime.transaction() as session:
        a_founder(session, clock.now())
        note_founder_told(FOUNDER_ID, SKILL, session=session, clock=clock)

    tell(runtime)

    assert mails(runtime) == []


@pytest.mark.parametrize(
    ("language", "months", "limit"),
    [("en", 6, "limit of 2 in 6 months. "), ("en", 1, "limit of 2 in 1 month. "), ("fr", 6, "limite de 2 en 6 mois. ")],
)
def test_the_letter_names_the_limit_that_holds(runtime, clock, entropy, language, months, limit):
    values = {"most_sittings": 2, "limit_months": months}
    with runtime.transaction() as session:
        a_founder(session, clock.now())
        session.get_one(Person, FOUNDER_ID).language = language
        a_published_norm(session, clock, entropy)
        policies.set_policy(SittingPolicy, values, session=session, at=clock.now(), actor=operator())
    tell(runtime)
    (mail,) = mails(runtime)
    said = message_from_bytes(mail.read_bytes(), policy=default).get_content()
    assert limit in " ".join(said.split())
