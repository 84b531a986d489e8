"""The pages of asking and deciding, with their forms as they are."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.accounts.models import Person
from app.assessment.forget_old_responses import forget_old_responses
from app.foundation.kept_forms import KEPT_MINUTES
from app.privacy.rules import objection
from app.results.models import SkillResult
from app.reviews.models import Reason, ReviewCase
from app.reviews.open_held_cases import open_held_cases
from tests.app.api.world import EDITOR, OTHER, OWNER, RECRUITER, World
from tests.app.reviews.desk import REASONS, a_reviewer, ask, case_row
from tests.app.reviews.test_decide_case import hold


def token(page) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)


def at_the_desk(world: World):
    a_reviewer(world)
    world.sign_in_again(RECRUITER, proven=True)
    return world.browser(RECRUITER)


def test_a_person_asks_and_sees_until_when_the_answer_comes(world: World):
    browser, path = world.browser(OWNER), f"/results/{world.facts.ended_sitting}/review"
    form = {"csrf_token": token(browser.get(path)), "reason": "question", "words": "The third one."}
    answer = browser.post(path, data=form, follow_redirects=True)
    assert "waiting for an answer" in answer.text
    assert "The third one." in answer.text
    assert "A person looks at it, and answers by" in browser.get(f"/results/{world.facts.ended_sitting}").text


def test_a_missing_reason_is_said_beside_the_form(world: World):
    browser, path = world.browser(OWNER), f"/results/{world.facts.ended_sitting}/review"
    answer = browser.post(path, data={"csrf_token": token(browser.get(path)), "words": "Mine to keep"})
    assert answer.status_code == 422
    assert "Please choose a reason." in answer.text
    assert "Mine to keep" in answer.text


def test_the_reviewer_sees_evidence_and_no_name(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    assert "Collaboration" in browser.get("/desk/cases").text
    card = browser.get(f"/desk/cases/{case_id}").text
    assert "The alarm rang." in card
    assert "everything comes out the same" in card
    assert "Olivia" not in card
    assert "olivia@owner" not in card


def test_a_decision_is_sent_from_the_card(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    path = f"/desk/cases/{case_id}"
    form = {"csrf_token": token(browser.get(path)), "outcome": "confirm", "explanation": REASONS, "minutes_spent": "12"}
    assert browser.post(path, data={**form, "explanation": "Short"}).status_code == 422
    assert browser.post(path, data=form).status_code == 303
    assert (case_row(world, case_id).outcome, case_row(world, case_id).minutes_spent) == ("confirm", 12)
    assert REASONS in world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}/review").text


def test_a_case_about_answers_that_are_not_kept_any_more_is_opened_and_decided(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    with world.runtime.transaction() as session:
        forget_old_responses(before=world.runtime.clock.now() + timedelta(days=1), most=100, session=session)
    path = f"/desk/cases/{case_id}"
    card = browser.get(path)
    assert card.status_code == 200
    assert "The answers are not kept any more; the figures stand." in card.text
    assert "outcome-rescore" not in card.text
    form = {"csrf_token": token(card), "explanation": REASONS, "minutes_spent": "12"}
    assert browser.post(path, data={**form, "outcome": "rescore"}).status_code == 422
    assert browser.post(path, data={**form, "outcome": "confirm"}).status_code == 303
    assert case_row(world, case_id).outcome == "confirm"
    with world.runtime.reading() as session:
        assert objection(world.facts.people[OWNER], session=session, at=world.runtime.clock.now()) is None


def test_what_the_rule_refuses_by_now_is_said_beside_the_form_and_what_was_typed_stays(world: World):
    hold(world)
    with world.runtime.transaction() as session:
        session.execute(update(SkillResult).values(decision_confidence=0.47))
    case_id, browser = ask(world), at_the_desk(world)
    path = f"/desk/cases/{case_id}"
    form = {"csrf_token": token(browser.get(path)), "outcome": "confirm", "explanation": REASONS, "minutes_spent": "12"}
    answer = browser.post(path, data=form)
    assert answer.status_code == 409
    assert "the rule refuses it now" in answer.text
    assert REASONS in answer.text
    assert case_row(world, case_id).outcome is None


def test_a_confirmed_hold_reads_after_the_decision_as_it_read_before(world: World):
    path, browser = f"/desk/cases/{a_held_case(world)}", at_the_desk(world)
    open_card = browser.get(path)
    assert "Confirm: the award is made" in open_card.text
    assert "a person looks at it." in open_card.text
    told = send(browser, path, open_card, "confirm")
    assert "An e-mail tells the person whose result it is." in told.text
    for page in (told.text, browser.get(path).text):
        assert "Confirm: the award is made" in page
        assert "the result stands" not in page
    closed_card = browser.get(path).text
    assert "a person has decided about it." in closed_card
    assert "a person looks at it." not in closed_card


def test_neither_desk_nor_card_says_that_somebody_asked_where_the_program_opened_the_case(world: World):
    path, browser = f"/desk/cases/{a_held_case(world)}", at_the_desk(world)
    assert "the person asked for it, or a rule did" in browser.get("/desk/cases").text
    assert "The reasons, for the person whose result it is" in browser.get(path).text


def test_a_case_that_is_asked_anew_after_a_confirmed_hold_only_lets_the_result_stand(world: World):
    case_id, browser = a_held_case(world), at_the_desk(world)
    path = f"/desk/cases/{case_id}"
    send(browser, path, browser.get(path), "confirm")
    world.runtime.clock.advance(timedelta(minutes=1))
    with world.runtime.transaction() as session:
        now = world.runtime.clock.now()
        session.get_one(ReviewCase, case_id).open_again(Reason.UNCLEAR, "Why?", at=now, due_on=now.date())
    told = send(browser, path, browser.get(path), "confirm")
    for page in (told.text, browser.get(path).text):
        assert "Confirm: the result stands" in page


def a_held_case(world: World) -> UUID:
    """An award waits for a person, and the program opened the case."""
    hold(world)
    here = world.runtime
    with here.transaction() as session:
        open_held_cases(session=session, clock=here.clock, entropy=here.entropy)
        return session.scalars(select(ReviewCase.id)).one()


def send(browser, path: str, card, outcome: str):
    """Decide with the form of the card; the queue that it leads to."""
    form = {"csrf_token": token(card), "outcome": outcome, "explanation": REASONS, "minutes_spent": "12"}
    return browser.post(path, data=form, follow_redirects=True)


def test_what_was_typed_outlasts_a_stale_proof_once_for_its_author_alone(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    path = f"/desk/cases/{case_id}"
    form = {"csrf_token": token(browser.get(path)), "outcome": "confirm", "explanation": REASONS, "minutes_spent": "12"}
    world.runtime.clock.advance(timedelta(minutes=11))
    asked = browser.post(path, data=form)
    assert asked.headers["Location"] == f"/prove?next={path}"
    assert "What you typed is not lost" in browser.get(asked.headers["Location"], follow_redirects=True).text
    a_reviewer(world, EDITOR)
    world.sign_in_again(EDITOR, proven=True)
    assert REASONS not in world.browser(EDITOR).get(path).text
    browser = at_the_desk(world)
    page = browser.get(path).text
    assert f">{REASONS}</textarea>" in page
    assert 'value="confirm" required checked' in page
    assert 'value="12"' in page
    assert case_row(world, case_id).outcome is None
    assert REASONS not in browser.get(path).text


def test_what_was_typed_is_kept_for_an_hour_and_in_its_latest_form(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    path = f"/desk/cases/{case_id}"
    form = {"csrf_token": token(browser.get(path)), "explanation": "The former reasons"}
    world.runtime.clock.advance(timedelta(minutes=11))
    browser.post(path, data=form)
    browser.post(path, data=form | {"explanation": "The later reasons"})
    assert "The later reasons" in at_the_desk(world).get(path).text
    world.runtime.clock.advance(timedelta(minutes=11))
    browser.post(path, data=form)
    world.runtime.clock.advance(timedelta(minutes=KEPT_MINUTES))
    assert "The former reasons" not in at_the_desk(world).get(path).text


def test_overdue_cases_are_marked_for_both(world: World):
    ask(world)
    world.runtime.clock.advance(timedelta(days=15))
    world.sign_in_again(OWNER)
    assert "One case is overdue." in at_the_desk(world).get("/desk/cases").text
    assert "marked as overdue" in world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}/review").text


def test_a_reviewer_finds_no_case_of_their_own(world: World):
    case_id = ask(world)
    a_reviewer(world, OWNER)
    world.sign_in_again(OWNER, proven=True)
    browser = world.browser(OWNER)
    assert "Nothing waits." in browser.get("/desk/cases").text
    assert browser.get(f"/desk/cases/{case_id}").status_code == 403


def test_others_learn_nothing_of_a_case(world: World):
    ask(world)
    assert world.browser(OTHER).get(f"/results/{world.facts.ended_sitting}/review").status_code == 404


def test_the_card_says_in_which_language_the_reasons_are_read_and_how_long_they_must_be(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    with world.runtime.transaction() as session:
        session.execute(update(Person).where(Person.id == world.facts.people[OWNER]).values(language="fr"))
    card = browser.get(f"/desk/cases/{case_id}").text
    assert "<dd>French (the reasons are read in it)</dd>" in card
    assert "From 40 to 2,000 characters." in card
