"""Numbers that a policy sets are told to people as the policy in force has them, in both languages."""

from __future__ import annotations

from html import unescape

import pytest
from sqlalchemy import select, update

from app.assessment.policy import SittingPolicy
from app.awarding.models import AwardDecision, Outcome
from app.awarding.policy import AwardPolicy
from app.credentials.policy import CredentialPolicy
from app.credentials.send_reminder import PURPOSE
from app.foundation import policies
from app.foundation.access import operator
from app.results.models import SkillResult
from app.reviews.policy import ReviewPolicy
from tests.app.api.world import OWNER, World


def in_force(world: World, policy: type, **values: object) -> int:
    """Set these values of a policy; the number of the version."""
    here = world.runtime
    with here.transaction() as session:
        return policies.set_policy(policy, values, session=session, at=here.clock.now(), actor=operator()).version


def told(world: World, path: str, language: str = "en") -> str:
    """What the page says to the owner, without its spaces that do not break."""
    page = world.browser(OWNER).get(path, query_string={"language": language}).text
    return unescape(page).replace("\u00a0", " ").replace("\u202f", " ")


def decided(world: World, outcome: Outcome, *reasons: str, policy_version: int = 0) -> str:
    """Let the owner's result be decided so; the path of its page."""
    ended = world.facts.ended_sitting
    result_id = select(SkillResult.id).where(SkillResult.sitting_id == ended).scalar_subquery()
    values = {"outcome": outcome, "reasons": list(reasons), "policy_version": policy_version}
    with world.runtime.transaction() as session:
        session.execute(update(AwardDecision).where(AwardDecision.result_id == result_id).values(**values))
    return f"/results/{ended}"


def test_the_front_page_says_how_many_questions_there_are(world: World) -> None:
    assert "You answer 12 to 60 questions, most people fewer than 20." in told(world, "/")
    in_force(world, SittingPolicy, fewest_units=15, most_units_undecided=50, usual_units=25)
    assert "You answer 15 to 50 questions, most people fewer than 25." in told(world, "/")
    assert "Vous répondez à 15 à 50 questions, moins de 25 pour la plupart des gens." in told(world, "/", "fr")
    in_force(world, SittingPolicy, fewest_units=10, most_units=20, most_units_undecided=20)
    assert "You answer 10 to 20 questions. It is free" in told(world, "/")


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [(7, "go on for 7 days", "pendant 7 jours"), (1, "go on for one day", "pendant un jour"),
     (9, "go on for 9 days", "pendant 9 jours")],
)  # fmt: skip
def test_the_page_on_accessibility_says_for_how_long_one_may_go_on(
    world: World, days: int, english: str, french: str
) -> None:
    in_force(world, SittingPolicy, resume_days=days)
    assert english in told(world, "/accessibility")
    assert french in told(world, "/accessibility", "fr")


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [(10, "at most 10 working days", "en 10 jours ouvrés au plus"),
     (1, "at most one working day", "en un jour ouvré au plus")],
)  # fmt: skip
def test_a_held_result_says_in_how_many_working_days_a_person_answers(
    world: World, days: int, english: str, french: str
) -> None:
    in_force(world, ReviewPolicy, answer_within_working_days=days)
    path = decided(world, Outcome.HELD, "kinds-apart")
    assert english in told(world, path)
    assert french in told(world, path, "fr")


def test_a_refusal_for_too_few_answers_names_the_number_it_was_decided_by(world: World) -> None:
    """Not the number of today: a decision stays what it was."""
    number = in_force(world, AwardPolicy, fewest_units=14)
    in_force(world, AwardPolicy, fewest_units=16)
    path = decided(world, Outcome.NOT_AWARDED, "fewer-than-minimum-units", policy_version=number)
    assert "Fewer than 14 answers counted." in told(world, path)
    assert "Moins de 14 réponses ont compté." in told(world, path, "fr")


def test_a_refusal_for_too_little_of_situations_names_the_share_it_was_decided_by(world: World) -> None:
    """And says that answers are weighed, for whoever answered mostly about situations would not believe it."""
    number = in_force(world, AwardPolicy, judgement_share=0.55)
    in_force(world, AwardPolicy, judgement_share=0.6)
    path = decided(world, Outcome.NOT_AWARDED, "judgement-share", policy_version=number)
    assert "Less than 55 % of what your answers tell comes from situations." in told(world, path)
    assert "What counts is how much each answer tells, not how many there are" in told(world, path)
    assert "Moins de 55 % de ce que disent vos réponses vient de situations." in told(world, path, "fr")


def test_the_page_of_reminders_lists_the_days_on_which_they_go_out(world: World) -> None:
    signed = world.runtime.links.sign(PURPOSE, str(world.facts.people[OWNER]))
    path = f"/reminders/{signed}"
    shipped = told(world, path)
    assert all(f"<li>{days} days before a certificate of yours expires</li>" in shipped for days in (60, 30, 7))
    in_force(world, CredentialPolicy, reminder_days=[0, 14, 1])
    page = told(world, path)
    listed = [line for line in page.splitlines() if "expires</li>" in line]
    assert [line.strip()[4:12] for line in listed] == ["14 days ", "one day ", "on the d"]
    assert "14 jours avant l’expiration d’un de vos certificats" in told(world, path, "fr")
    in_force(world, CredentialPolicy, reminder_days=[])
    assert "At present we send no reminders." in told(world, path)
