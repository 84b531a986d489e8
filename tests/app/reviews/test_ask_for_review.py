"""Anybody may ask once about their own decided result, within thirty days, and is told until when an answer comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.models import Person
from app.assessment.errors import SittingNotFound
from app.foundation import written
from app.foundation.access import Actor
from app.foundation.audit import AuditEntry
from app.reviews.ask_for_review import ask_for_review
from app.reviews.errors import AskedTooLate, CaseClosed, CaseIncomplete, CaseNotFound, NothingToReview
from app.reviews.take_case_back import take_case_back
from tests.app.accounts.visitor import newest_mail
from tests.app.api.world import OTHER, OWNER, World
from tests.app.reviews.desk import a_reviewer, ask, case_row, decide
from tests.journeys.at_a_standstill import run_jobs


def as_actor(world: World, role: str) -> Actor:
    return Actor(world.facts.people[role], role)


def test_case_093_asking_opens_a_case_with_its_last_day_and_a_letter(world: World):
    case_id = ask(world)
    run_jobs(world.runtime)
    case = case_row(world, case_id)
    assert (case.reason, case.words, case.state) == ("disturbed", "The alarm rang.", "open")
    letter = newest_mail(world.runtime, "olivia@owner.example.org")
    assert written.day(case.due_on, "en") in letter.text
    assert f"/results/{world.facts.ended_sitting}/review" in letter.text


def test_the_letter_is_written_in_the_persons_language(world: World):
    with world.runtime.transaction() as session:
        session.get_one(Person, world.facts.people[OWNER]).language = "fr"
    ask(world)
    run_jobs(world.runtime)
    assert "Votre demande est arrivée" in newest_mail(world.runtime, "olivia@owner.example.org").text


def test_asking_again_leads_to_the_same_case(world: World):
    assert ask(world) == ask(world, reason="other", words="And again.")


def test_the_record_of_asking_holds_codes_and_no_words(world: World):
    case_id = ask(world, words="My own words")
    with world.runtime.reading() as session:
        entry = session.query(AuditEntry).filter_by(kind="case.opened", subject=str(case_id)).one()
    assert entry.actor_id == world.facts.people[OWNER]
    assert set(entry.detail) == {"reason", "due_on"}


def test_nobody_asks_about_somebody_elses_result(world: World):
    here = world.runtime
    with pytest.raises(SittingNotFound), here.transaction() as session:
        ask_for_review(world.facts.ended_sitting, "other", "", session=session, clock=here.clock,
                       entropy=here.entropy, jobs=here.jobs, actor=as_actor(world, OTHER))  # fmt: skip


def test_an_open_sitting_has_nothing_to_ask_about(world: World):
    here = world.runtime
    with pytest.raises(NothingToReview), here.transaction() as session:
        ask_for_review(world.facts.open_sitting, "other", "", session=session, clock=here.clock,
                       entropy=here.entropy, jobs=here.jobs, actor=as_actor(world, OWNER))  # fmt: skip


@pytest.mark.parametrize(("reason", "words"), [("kinds-apart", ""), ("because", ""), ("other", "x" * 2001)])
def test_a_reason_is_one_of_the_list_and_words_have_an_end(world: World, reason: str, words: str):
    with pytest.raises(CaseIncomplete):
        ask(world, reason=reason, words=words)


def test_after_thirty_days_it_is_too_late(world: World):
    world.runtime.clock.advance(timedelta(days=31))
    with pytest.raises(AskedTooLate):
        ask(world)


def test_a_question_can_be_taken_back_while_it_waits(world: World):
    case_id, here = ask(world), world.runtime
    with here.transaction() as session:
        take_case_back(world.facts.ended_sitting, session=session, clock=here.clock, actor=as_actor(world, OWNER))
    assert case_row(world, case_id).state == "taken-back"
    with pytest.raises(CaseClosed):
        decide(world, case_id, "confirm", by=a_reviewer(world))


def test_nobody_takes_back_what_another_asked(world: World):
    ask(world)
    here = world.runtime
    with pytest.raises(CaseNotFound), here.transaction() as session:
        take_case_back(world.facts.ended_sitting, session=session, clock=here.clock, actor=as_actor(world, OTHER))
