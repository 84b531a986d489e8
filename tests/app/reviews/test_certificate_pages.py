"""The desk of certificates of a compromised key, with its forms as they are."""

from __future__ import annotations

from datetime import timedelta

from app.foundation.runtime import Runtime
from tests.app.api.world import OWNER, World
from tests.app.reviews.compromised import WHY, review_row
from tests.app.reviews.desk import a_reviewer, credential_row
from tests.app.reviews.test_views import at_the_desk, token
from tests.journeys.at_a_standstill import run_jobs

Here = tuple[World, Runtime]
DESK = "/desk/certificates"


def test_the_queue_shows_why_each_waits_and_the_cases_lead_to_it(here: Here):
    world, _ = here
    browser = at_the_desk(world)
    assert "one waits for a decision" in browser.get("/desk/cases").text
    page = browser.get(DESK).text
    assert credential_row(world).code[:4] in page
    assert "after the last instant at which the key was surely ours alone" in page
    assert "answer by" in page
    assert "Olivia" not in page
    world.runtime.clock.advance(timedelta(days=15))
    assert "One certificate is overdue." in at_the_desk(world).get(DESK).text


def test_ticked_certificates_are_decided_together(here: Here):
    world, house = here
    browser = at_the_desk(world)
    form = {"csrf_token": token(browser.get(DESK)), "decision": "reissue", "reason": ""}
    assert "Please tick at least one" in browser.post(DESK, data=form).text
    form["certificate"] = str(review_row(world).id)
    told = browser.post(DESK, data=form, follow_redirects=True).text
    assert "One certificate is decided." in told
    assert "the worker has not signed it yet" in told
    run_jobs(house)
    assert "issued anew" in browser.get(DESK).text


def test_the_card_shows_the_evidence_and_takes_the_decision(here: Here):
    world, _ = here
    browser, path = at_the_desk(world), f"{DESK}/{review_row(world).id}"
    card = browser.get(path).text
    assert "everything comes out the same" in card
    assert "Everything it says follows from its award and its assessment." in card
    form = {"csrf_token": token(browser.get(path)), "decision": "revoke"}
    answer = browser.post(path, data=form)
    assert (answer.status_code, "give the reason" in answer.text) == (422, True)
    assert browser.post(path, data={**form, "reason": WHY}).status_code == 303
    closed = browser.get(path).text
    assert WHY in closed
    assert "left withdrawn" in closed
    assert credential_row(world).revoked_at is not None


def test_what_does_not_follow_offers_no_issue_anew(here: Here):
    world, _ = here
    with world.runtime.transaction() as session:
        session.merge(credential_row(world)).person_id = world.facts.people["other candidate"]
    card = at_the_desk(world).get(f"{DESK}/{review_row(world).id}").text
    assert "It names another person" in card
    assert 'value="reissue"' not in card


def test_a_stale_proof_is_asked_for_again(here: Here):
    world, _ = here
    browser, path = at_the_desk(world), f"{DESK}/{review_row(world).id}"
    form = {"csrf_token": token(browser.get(path)), "decision": "revoke", "reason": WHY}
    world.runtime.clock.advance(timedelta(minutes=30))
    assert "/prove" in browser.post(path, data=form).headers["Location"]
    assert credential_row(world).revoked_at is None
    assert f">{WHY}</textarea>" in at_the_desk(world).get(path).text


def test_ticks_and_reason_outlast_a_stale_proof(here: Here):
    world, _ = here
    browser, review_id = at_the_desk(world), str(review_row(world).id)
    form = {"csrf_token": token(browser.get(DESK)), "certificate": [review_id], "decision": "revoke", "reason": WHY}
    world.runtime.clock.advance(timedelta(minutes=11))
    browser.post(DESK, data=form)
    page = at_the_desk(world).get(DESK).text
    assert f'value="{review_id}" checked' in page
    assert f">{WHY}</textarea>" in page


def test_a_reviewer_finds_their_own_nowhere(here: Here):
    world, _ = here
    a_reviewer(world, OWNER)
    world.sign_in_again(OWNER, proven=True)
    browser = world.browser(OWNER)
    assert "Nothing waits." in browser.get(DESK).text
    assert browser.get(f"{DESK}/{review_row(world).id}").status_code == 403


def test_the_holder_reads_that_it_is_under_review(here: Here):
    world, _ = here
    page = world.browser(OWNER).get(f"/credentials/{credential_row(world).code}").text
    assert "UNDER REVIEW since" in page
