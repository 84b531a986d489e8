"""The desk where two accounts become one, with its forms as they are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.foundation.access import operator
from app.privacy.models import AccountMerge
from tests.app.api.world import EDITOR, OTHER, OWNER, RECRUITER, World
from tests.app.privacy.merging import HEARING, MAILBOX, WHY, address_of, reviewers, sit_again, sitting_row
from tests.app.reviews.test_views import token
from tests.journeys.at_a_standstill import with_signer

DESK = "/desk/merges"


@pytest.fixture
def world(tidy_world: World) -> World:
    reviewers(tidy_world)
    return tidy_world


def browser_of(world: World, role: str):
    world.sign_in_again(role, proven=True)
    return world.browser(role)


def test_one_asks_another_looks_at_everything_and_carries_it_out(world: World, tmp_path: Path):
    one_too_many = sit_again(world, with_signer(world.runtime, tmp_path))
    first = browser_of(world, RECRUITER)
    form = {"csrf_token": token(first.get(DESK)), "staying": MAILBOX, "leaving": address_of(world, OTHER),
            "evidence": ["written-from-both", "names-alike"], "reason": WHY}  # fmt: skip
    path = first.post(DESK, data=form).headers["Location"]
    assert "another reviewer has to carry it out" in first.get(path).text
    second = browser_of(world, EDITOR)
    early = second.get(path).text
    assert "may object until" in early
    assert "Merge them" not in early
    world.runtime.clock.advance(HEARING)
    second = browser_of(world, EDITOR)
    card = second.get(path)
    assert card.text.count("beyond the limit") == 1
    assert "its award is put before a person" in card.text
    assert "open, goes on" in card.text
    assert WHY in card.text
    seen = card.text.split('name="sha256" value="')[1].split('"')[0]
    stale = second.post(f"{path}/apply", data={"csrf_token": token(card), "sha256": "0" * 64})
    assert stale.status_code == 409
    assert second.post(f"{path}/apply", data={"csrf_token": token(card), "sha256": seen}).status_code == 303
    assert "One certificate rests on such an assessment" in second.get(path).text
    assert "merged" in second.get(DESK).text
    world.sign_in_again(OWNER)
    report = world.browser(OWNER).get(f"/results/{one_too_many}").text
    assert "could not have begun on one account" in report
    assert "A person annulled this sitting" not in report
    assert sitting_row(world, one_too_many).state == "void"


@pytest.mark.parametrize(("days", "english"), [(9, "at most 9 days"), (1, "at most one day")])
def test_how_long_an_open_assessment_is_waited_for_is_the_policys(world: World, days: int, english: str):
    here = world.runtime
    start = {"skill": "collaboration", "language": "en", "honesty_statement": "1"}
    assert world.call(OTHER, "POST", "/sittings", json=start).status_code == 201
    with here.transaction() as session:
        policies.set_policy(
            SittingPolicy, {"resume_days": days}, session=session, at=here.clock.now(), actor=operator()
        )
    browser = browser_of(world, RECRUITER)
    form = {"csrf_token": token(browser.get(DESK)), "staying": MAILBOX, "leaving": address_of(world, OTHER),
            "evidence": ["written-from-both"], "reason": WHY}  # fmt: skip
    assert f"wait until one has ended, {english}." in browser.post(DESK, data=form).text


def test_what_was_typed_outlasts_a_stale_proof(world: World):
    browser = browser_of(world, RECRUITER)
    form = {"csrf_token": token(browser.get(DESK)), "staying": MAILBOX, "leaving": address_of(world, OTHER),
            "evidence": ["written-from-both", "names-alike"], "reason": WHY}  # fmt: skip
    world.runtime.clock.advance(timedelta(minutes=11))
    browser.post(DESK, data=form)
    page = browser_of(world, RECRUITER).get(DESK).text
    assert f">{WHY}</textarea>" in page
    assert f'value="{MAILBOX}"' in page
    assert page.count(" checked>") == 2


@pytest.mark.long
def test_what_is_missing_or_stands_against_it_is_said_beside_the_form_and_what_was_typed_stays(world: World):
    browser = browser_of(world, RECRUITER)
    form = {"csrf_token": token(browser.get(DESK)), "staying": MAILBOX, "leaving": address_of(world, OTHER),
            "evidence": ["written-from-both"], "reason": WHY}  # fmt: skip
    for change, said in (
        ({"reason": "Short"}, "Give the reason in 40 to 2,000 characters."),
        ({"evidence": ["names-alike"]}, "proves nothing alone"),
        ({"evidence": ["one-mailbox"]}, "do not lead to one mailbox"),
        ({"staying": "nobody@example.org"}, "No account has the first address."),
        ({"leaving": "nobody@example.org"}, "No account has the second address."),
        ({"leaving": MAILBOX}, "Both addresses lead to one account already."),
        ({"leaving": address_of(world, EDITOR)}, "Rights are never added up"),
    ):
        answer = browser.post(DESK, data=form | change)
        assert answer.status_code == 422
        assert said in answer.text
        assert (form | change)["reason"] in answer.text
    with world.runtime.reading() as session:
        assert session.query(AccountMerge).count() == 0


@pytest.mark.long
def test_a_merge_is_dropped_from_its_page(world: World):
    browser = browser_of(world, RECRUITER)
    form = {"csrf_token": token(browser.get(DESK)), "staying": MAILBOX, "leaving": address_of(world, OTHER),
            "evidence": ["written-from-both"], "reason": WHY}  # fmt: skip
    path = browser.post(DESK, data=form).headers["Location"]
    other = browser_of(world, EDITOR)
    assert other.post(f"{path}/drop", data={"csrf_token": token(other.get(path))}).status_code == 303
    assert "dropped" in other.get(path).text
