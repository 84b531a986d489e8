"""The desk of the register, with its forms as they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Update, update

from app.credentials.models import IssuerKey
from app.credentials.states import RevocationReason
from app.reviews.errors import ChangeDuringCase, ChangeNotPossible, ChangeOfFallen, ChangeOfSuspended, ChangeToDecider
from tests.app.api.world import EDITOR, OTHER, OWNER, RECRUITER, World
from tests.app.reviews.desk import a_reviewer, ask, credential_row, decide
from tests.app.reviews.register import WHY, ask_change, by_two, let_it_stand_alone, revoke_it, two_reviewers
from tests.app.reviews.test_register import roll_back, to_other
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
        ({"kind": "reverse"}, "It is not revoked."),
        ({"code": "7Q4F"}, "no code of a certificate"),
    ):
        answer = browser.post(DESK, data=form | change)
        assert answer.status_code == 422
        assert said in answer.text
        assert (form | change)["reason"] in answer.text


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ChangeDuringCase, "A person is looking at its result. Decide that case first."),
        (ChangeToDecider, "belongs to who decided the case about its result."),
        (ChangeOfSuspended, "It is under review already."),
        (ChangeOfFallen, "It is revoked, or not issued yet."),
    ],
)
def test_a_refused_move_says_its_cause_beside_the_form(world: World, cause: type[ChangeNotPossible], said: str):
    let_it_stand_alone(world)
    _OBSTRUCT[cause](world)
    browser = a_signed_in_reviewer(world)
    form = {"csrf_token": token(browser.get(DESK)), "code": world.facts.code, "kind": "move", "reason": WHY,
            "to_address": to_other(world)}  # fmt: skip
    answer = browser.post(DESK, data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Nothing was changed." in answer.text


def test_a_change_that_is_no_longer_possible_says_its_cause_on_the_page_of_the_error(world: World):
    let_it_stand_alone(world)
    first, _ = two_reviewers(world)
    path = f"{DESK}/{ask_change(world, 'move', by=first, to=to_other(world))}"
    ask(world)
    world.sign_in_again(EDITOR, proven=True)
    browser = world.browser(EDITOR)
    refused = browser.post(f"{path}/apply", data={"csrf_token": token(browser.get(path))})
    assert refused.status_code == 409
    assert "A person is looking at its result. Decide that case first." in refused.text


@pytest.mark.parametrize(
    ("reason", "changed", "said"),
    [
        (RevocationReason.HOLDER_REQUEST, None, "The reason it was revoked for is not taken back here."),
        (RevocationReason.MISCONDUCT, update(IssuerKey).values(compromised_at=IssuerKey.activated_at),
         "The key that signed it was in other hands"),
    ],
)  # fmt: skip
def test_a_refused_reversal_says_its_cause_beside_the_form(
    world: World, reason: RevocationReason, changed: Update | None, said: str
):
    revoke_it(world, reason)
    if changed is not None:
        with world.runtime.transaction() as session:
            session.execute(changed)
    browser = a_signed_in_reviewer(world)
    form = {"csrf_token": token(browser.get(DESK)), "code": world.facts.code, "kind": "reverse", "reason": WHY}
    answer = browser.post(DESK, data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "It is not revoked." not in answer.text


def a_signed_in_reviewer(world: World):
    two_reviewers(world)
    world.sign_in_again(RECRUITER, proven=True)
    return world.browser(RECRUITER)


_OBSTRUCT = {
    ChangeDuringCase: ask,
    ChangeToDecider: lambda world: decide(world, ask(world), "confirm", by=a_reviewer(world, OTHER)),
    ChangeOfSuspended: lambda world: by_two(world, "suspend"),
    ChangeOfFallen: lambda world: revoke_it(world, RevocationReason.ISSUED_IN_ERROR),
}


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
