"""A form sent after the sign-in had ended: its text waits for the same person in the same browser, for nobody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.grant_role import grant_role
from app.accounts.models import BrowserSession, Person
from app.accounts.policy import AccountPolicy
from app.assessment.models import ItemReport, Presentation
from app.foundation.access import operator
from app.foundation.kept_forms import KEPT_MINUTES, LONGEST_KEPT, KeptForm
from tests.app.accounts.visitor import Visitor
from tests.app.api.world import EDITOR, OTHER, OWNER, RECRUITER, World
from tests.app.reviews.desk import REASONS, a_reviewer, ask
from tests.app.reviews.test_views import at_the_desk, token

WORDS = "The third one had “two” right answers, & I say so."
SHOWN = "The third one had “two” right answers, &amp; I say so."


@pytest.fixture
def path(world: World) -> str:
    return f"/results/{world.facts.ended_sitting}/review"


def address_of(world: World, role: str) -> str:
    with world.runtime.reading() as session:
        return session.get_one(Person, world.facts.people[role]).email


def kept(world: World) -> int:
    with world.runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(KeptForm)) or 0


def visitor_with(world: World, client) -> Visitor:
    visitor = Visitor(world.app, world.runtime)
    visitor.client = client
    return visitor


def sent_too_late(world: World, path: str, *, words: str = WORDS) -> Visitor:
    """The owner's browser, its form sent an hour after the sign-in ended by itself."""
    browser = world.browser(OWNER)
    form = {"csrf_token": token(browser.get(path)), "reason": "question", "words": words}
    world.runtime.clock.advance(timedelta(hours=AccountPolicy().session_idle_hours + 1))
    answer = browser.post(path, data=form)
    assert answer.headers["Location"] == f"/sign-in?next={path}"
    return visitor_with(world, browser)


def test_the_same_person_finds_the_text_in_the_form_once_and_nothing_was_sent(world: World, path):
    visitor = sent_too_late(world, path)
    asked = visitor.open(f"/sign-in?next={path}").text
    assert "Your sign-in had ended, so nothing was sent." in asked
    assert "What you typed is kept for an hour." in asked
    assert SHOWN not in asked
    assert visitor.sign_in(address_of(world, OWNER)).headers["Location"] == path
    page = visitor.open(path).text
    assert f">{SHOWN}</textarea>" in page
    assert 'value="question" required checked' in page
    assert "waiting for an answer" not in page
    assert kept(world) == 0
    assert SHOWN not in visitor.open(path).text


def test_another_person_in_this_browser_sees_nothing_and_the_text_is_gone(world: World, path):
    visitor = sent_too_late(world, path)
    visitor.sign_in(address_of(world, OTHER))
    assert visitor.name_shown() == address_of(world, OTHER)
    assert "The third one" not in visitor.open(path).text
    assert kept(world) == 0
    visitor.sign_in(address_of(world, OWNER))
    assert "The third one" not in visitor.open(path).text


def test_the_same_person_in_another_browser_sees_nothing(world: World, path):
    first, second = sent_too_late(world, path), Visitor(world.app, world.runtime)
    second.sign_in(address_of(world, OWNER))
    assert "The third one" not in second.open(path).text
    first.sign_in(address_of(world, OWNER))
    assert SHOWN in first.open(path).text


def test_the_text_is_gone_after_an_hour(world: World, path):
    visitor = sent_too_late(world, path)
    world.runtime.clock.advance(timedelta(minutes=KEPT_MINUTES))
    visitor.sign_in(address_of(world, OWNER))
    assert "The third one" not in visitor.open(path).text
    assert kept(world) == 0


def test_nothing_is_kept_where_somebody_ended_the_sign_in_and_the_page_says_so(world: World, path):
    browser = world.browser(OWNER)
    form = {"csrf_token": token(browser.get(path)), "reason": "question", "words": WORDS}
    with world.runtime.transaction() as session:
        session.query(BrowserSession).delete()
    answer = browser.post(path, data=form)
    assert answer.headers["Location"] == f"/sign-in?next={path}"
    assert kept(world) == 0
    assert "We could not keep what you typed." in browser.get(answer.headers["Location"]).text


def test_nothing_is_kept_that_is_too_long_or_empty(world: World, path):
    sent_too_late(world, path, words="x" * LONGEST_KEPT)
    assert kept(world) == 0
    world.sign_in_again(OWNER)
    sent_too_late(world, path, words="")  # the reason alone is kept
    assert kept(world) == 1


def test_a_forged_form_keeps_nothing(world: World, path):
    browser = world.browser(OWNER)
    browser.get(path)
    world.runtime.clock.advance(timedelta(hours=AccountPolicy().session_idle_hours + 1))
    assert browser.post(path, data={"reason": "question", "words": WORDS}).status_code == 403
    assert kept(world) == 0


def test_one_form_is_kept_for_a_person_and_never_another_field(world: World, path):
    browser = world.browser(OWNER)
    form = {"csrf_token": token(browser.get(path)), "reason": "question", "code": "123456"}
    world.runtime.clock.advance(timedelta(hours=AccountPolicy().session_idle_hours + 1))
    for words in ("The former words", "The later words"):
        browser.post(path, data=form | {"words": words})
    with world.runtime.reading() as session:
        (fields,) = session.scalars(select(KeptForm.fields))
    assert fields == '[["reason", "question"], ["words", "The later words"]]'


def test_a_reviewer_finds_the_reasons_again_behind_the_second_factor(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    path = f"/desk/cases/{case_id}"
    form = {"csrf_token": token(browser.get(path)), "outcome": "confirm", "explanation": REASONS, "minutes_spent": "12"}
    world.runtime.clock.advance(timedelta(hours=AccountPolicy().staff_session_idle_hours + 1))
    assert browser.post(path, data=form).headers["Location"] == f"/sign-in?next={path}"
    a_reviewer(world)
    visitor = visitor_with(world, browser)
    visitor.sign_in(address_of(world, RECRUITER))
    visitor.enrol()
    assert f">{REASONS}</textarea>" in visitor.open(path).text


def test_another_reviewer_in_this_browser_finds_an_empty_form_on_the_very_page(world: World):
    case_id, browser = ask(world), at_the_desk(world)
    path = f"/desk/cases/{case_id}"
    form = {"csrf_token": token(browser.get(path)), "explanation": REASONS}
    world.runtime.clock.advance(timedelta(hours=AccountPolicy().staff_session_idle_hours + 1))
    browser.post(path, data=form)
    a_reviewer(world, EDITOR)
    world.sign_in_again(EDITOR, proven=True)
    assert REASONS not in world.browser(EDITOR).get(path).text
    assert kept(world) == 1, "another browser's sign-in changes nothing"
    visitor = visitor_with(world, browser)
    visitor.sign_in(address_of(world, EDITOR))
    assert kept(world) == 0
    assert REASONS not in visitor.open(path, follow_redirects=True).text


def test_a_report_of_a_question_stands_again_at_that_question(world: World):
    page = f"/sittings/{world.facts.open_sitting}"
    browser = world.browser(OWNER)
    shown = browser.get(page)
    form = {"csrf_token": token(shown), "position": "1", "problem": "unclear", "words": WORDS}
    position = shown.text.split('name="position" value="', 1)[1].split('"', 1)[0]
    world.runtime.clock.advance(timedelta(hours=AccountPolicy().session_idle_hours + 1))
    answer = browser.post(f"{page}/report", data=form | {"position": position})
    assert answer.headers["Location"] == f"/sign-in?next={page}"
    visitor = visitor_with(world, browser)
    visitor.sign_in(address_of(world, OWNER))
    again = visitor.open(page).text
    assert f">{SHOWN}</textarea>" in again
    assert '<details class="small" id="reporting" open>' in again


def test_what_an_editor_says_of_a_report_stands_again_at_that_report_alone(world: World):
    item_id, first, second = two_reports_of_one_item(world)
    browser, page = an_item_editor(world), f"/desk/items/{item_id}"
    form = {"csrf_token": token(browser.get(page)), "report": str(first), "reason": WORDS, "verdict": "kept"}
    world.runtime.clock.advance(timedelta(hours=AccountPolicy().staff_session_idle_hours + 1))
    answer = browser.post(f"{page}/reports/{first}", data=form)
    assert answer.headers["Location"] == f"/sign-in?next={page}"
    visitor = visitor_with(world, browser)
    visitor.sign_in(address_of(world, RECRUITER))
    visitor.enrol()
    again = visitor.open(page).text
    assert again.count(SHOWN) == 1
    at_first, at_second = (again.partition(f'id="report-{one}"')[2].partition("</form>")[0] for one in (first, second))
    assert f">{SHOWN}</textarea>" in at_first
    assert "></textarea>" in at_second


def test_a_report_is_judged_under_its_own_item_alone(world: World):
    item_id, first, _second = two_reports_of_one_item(world)
    browser = an_item_editor(world)
    form = {"csrf_token": token(browser.get(f"/desk/items/{item_id}")), "reason": WORDS, "verdict": "kept"}
    assert browser.post(f"/desk/items/{world.facts.item}/reports/{first}", data=form).status_code == 404
    assert browser.post(f"/desk/items/{item_id}/reports/{first}", data=form).status_code == 303


def two_reports_of_one_item(world: World) -> tuple[UUID, UUID, UUID]:
    """The item and both reports, as two candidates would have made them."""
    here, sitting_id = world.runtime, world.facts.ended_sitting
    with here.transaction() as session:
        item_id = session.get_one(Presentation, (sitting_id, 1)).item_id
        reports = [
            ItemReport(id=here.entropy.uuid(), sitting_id=sitting_id, position=position, item_id=item_id, language="en",
                       problem="error", words="It is wrong.", reported_at=here.clock.now())
            for position in (1, 2)
        ]  # fmt: skip
        session.add_all(reports)
        return item_id, reports[0].id, reports[1].id


def an_item_editor(world: World) -> FlaskClient:
    here, person_id = world.runtime, world.facts.people[RECRUITER]
    with here.transaction() as session:
        grant_role(person_id, "item_editor", session=session, clock=here.clock, actor=operator())
    world.sign_in_again(RECRUITER, proven=True)
    return world.browser(RECRUITER)
