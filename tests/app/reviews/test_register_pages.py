"""The desk of the register, with its forms as they are."""

from __future__ import annotations

from datetime import timedelta

from app.credentials.states import RevocationReason
from tests.app.api.world import EDITOR, OWNER, RECRUITER, World
from tests.app.reviews.desk import a_reviewer, credential_row
from tests.app.reviews.register import WHY, ask_change, revoke_it, two_reviewers
from tests.app.reviews.test_register import roll_back
from tests.app.reviews.test_views import token

DESK = "/desk/register"


def test_one_asks_and_another_applies_from_the_pages(world: World):
    revoke_it(world, RevocationReason.ISSUED_IN_ERROR)
    two_reviewers(world)
    for role in (RECRUITER, EDITOR):
        world.sign_in_again(role, proven=True)
    first, second = world.browser(RECRUITER), world.browser(EDITOR)
    form = {"csrf_token": token(first.get(DESK)), "code": world.facts.code, "kind": "reverse", "reason": WHY}
    asked = first.post(DESK, data=form)
    path = asked.headers["Location"]
    assert "another reviewer has to apply it" in first.get(path).text
    assert "one waits for a second person." in second.get("/desk/cases").text
    card = second.get(path)
    assert "revoked on" in card.text
    assert WHY in card.text
    assert "Olivia" not in card.text
    assert second.post(f"{path}/apply", data={"csrf_token": token(card)}).status_code == 303
    assert credential_row(world).revoked_at is None
    assert "applied" in first.get(DESK).text
    assert "stands" in first.get(path).text


def test_what_is_missing_is_said_beside_the_form_and_what_was_typed_stays(world: World):
    two_reviewers(world)
    world.sign_in_again(RECRUITER, proven=True)
    browser = world.browser(RECRUITER)
    form = {"csrf_token": token(browser.get(DESK)), "code": world.facts.code, "kind": "move", "reason": WHY}
    for change, said in (
        ({}, "No account that has joined has this address"),
        ({"reason": "Short"}, "Give the reason in 40 to 2,000 characters."),
        ({"kind": "perhaps"}, "Please choose what is to change."),
        ({"kind": "reverse"}, "This revocation is not reversed here."),
        ({"code": "7Q4F"}, "no code of a certificate"),
    ):
        answer = browser.post(DESK, data=form | change)
        assert answer.status_code == 422
        assert said in answer.text
        assert (form | change)["reason"] in answer.text


def test_a_change_is_dropped_from_its_page_and_a_stale_proof_is_asked_for_again(world: World):
    first, _ = two_reviewers(world)
    path = f"{DESK}/{ask_change(world, 'suspend', by=first)}"
    world.sign_in_again(EDITOR, proven=True)
    browser = world.browser(EDITOR)
    form = {"csrf_token": token(browser.get(path))}
    world.runtime.clock.advance(timedelta(minutes=30))
    assert "/prove" in browser.post(f"{path}/apply", data=form).headers["Location"]
    world.sign_in_again(EDITOR, proven=True)
    browser = world.browser(EDITOR)
    form = {"csrf_token": token(browser.get(path))}
    assert browser.post(f"{path}/drop", data=form).status_code == 303
    assert "dropped" in browser.get(path).text


def test_what_was_typed_outlasts_a_stale_proof(world: World):
    two_reviewers(world)
    world.sign_in_again(RECRUITER, proven=True)
    browser = world.browser(RECRUITER)
    form = {"csrf_token": token(browser.get(DESK)), "code": world.facts.code, "kind": "move", "reason": WHY,
            "to_address": "right@example.org"}  # fmt: skip
    world.runtime.clock.advance(timedelta(minutes=11))
    browser.post(DESK, data=form)
    world.sign_in_again(RECRUITER, proven=True)
    page = world.browser(RECRUITER).get(DESK).text
    assert f">{WHY}</textarea>" in page
    assert 'value="move" required checked' in page
    assert 'value="right@example.org"' in page
    assert f'value="{world.facts.code}"' in page


def test_a_reviewer_finds_nothing_about_their_own(world: World):
    first, _ = two_reviewers(world)
    path = f"{DESK}/{ask_change(world, 'suspend', by=first)}"
    a_reviewer(world, OWNER)
    world.sign_in_again(OWNER, proven=True)
    assert "Nothing waits." in world.browser(OWNER).get(DESK).text
    assert world.browser(OWNER).get(path).status_code == 403


def test_awards_under_a_norm_lead_from_the_register_to_the_form(world: World):
    roll_back(world, by_sd=9.0)
    two_reviewers(world)
    world.sign_in_again(RECRUITER, proven=True)
    browser, path = world.browser(RECRUITER), f"{DESK}/norms/{world.facts.norm}"
    assert path in browser.get(DESK).text
    page = browser.get(path).text
    assert "<strong>would not be awarded</strong>" in page
    assert "which is in force now" in page
    assert "Olivia" not in page
    form = browser.get(f"{DESK}?code={world.facts.code}").text
    assert f'value="{world.facts.code}"' in form
