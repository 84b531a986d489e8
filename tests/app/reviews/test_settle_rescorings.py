"""What follows from a rescoring once nobody can undo it, for results that others have acted on meanwhile."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.grant_role import grant_role
from app.assessment.models import Sitting, SittingAllowance
from app.awarding import queries as awards
from app.awarding.decide_award import decide_award
from app.awarding.models import Award, AwardDecision
from app.awarding.queries import DecisionView
from app.credentials.models import Credential
from app.factory import create_app
from app.foundation.access import Actor, operator
from app.results import queries as results
from app.reviews.ask_for_review import ask_for_review
from app.reviews.decide_case import decide_case
from tests.app.accounts.signed_in import browser_with, sign_in
from tests.app.assessment.builders import a_person
from tests.app.reviews.desk import REASONS
from tests.app.reviews.test_rescoring import Desk, applied, count, desk, later, made, settle

__all__ = ["desk", "made"]

LOSES, GAINS = 1, 5  # of the desk's sittings


def result_id_of(desk: Desk, number: int) -> UUID:
    with desk.runtime.reading() as session:
        found = results.result_of_sitting(desk.sittings[number], session=session)
    assert found is not None
    return found.id


def decision(desk: Desk, number: int) -> DecisionView | None:
    with desk.runtime.reading() as session:
        return awards.decision_on(result_id_of(desk, number), session=session)


def outcome(desk: Desk, number: int) -> str | None:
    found = decision(desk, number)
    return None if found is None else str(found.outcome)


def person_of(desk: Desk, number: int) -> UUID:
    return desk.place.sitting(desk.sittings[number]).person_id


def asks_a_person(desk: Desk, number: int, reason: str = "question") -> UUID:
    place, actor = desk.place, Actor(person_of(desk, number), "holder")
    return place.do(lambda session: ask_for_review(
        desk.sittings[number], reason, "", session=session, clock=place.clock, entropy=place.entropy,
        jobs=place.jobs, actor=actor,
    ))  # fmt: skip


def decides(desk: Desk, case_id: UUID, chosen: str) -> None:
    place, now = desk.place, desk.place.clock.now()
    reviewer = a_person(place)
    place.do(lambda session: grant_role(reviewer, "reviewer", session=session, clock=place.clock, actor=operator()))
    actor = Actor(reviewer, "reviewer", frozenset({"reviewer"}), now, now)
    place.do(lambda session: decide_case(
        case_id, chosen, REASONS, minutes_spent=5, session=session, clock=place.clock, entropy=place.entropy,
        jobs=place.jobs, actor=actor,
    ))  # fmt: skip


def take_decision(desk: Desk, number: int) -> None:
    """As if the decision were still to come."""
    result_id = result_id_of(desk, number)
    with desk.runtime.transaction() as session:
        of_result = select(Award.id).where(Award.result_id == result_id)
        session.execute(delete(Credential).where(Credential.award_id.in_(of_result)))
        for table in (Award, AwardDecision):
            session.execute(delete(table).where(table.result_id == result_id))


def asks_for_decision(desk: Desk, number: int) -> AwardDecision | None:
    place, result_id = desk.place, result_id_of(desk, number)
    return place.do(lambda session: decide_award(
        result_id, session=session, clock=place.clock, entropy=place.entropy, jobs=place.jobs
    ))  # fmt: skip


def page(desk: Desk, number: int) -> str:
    cookies = sign_in(desk.runtime, person_of(desk, number), second_factor=False)
    return browser_with(create_app(desk.runtime), cookies).get(f"/results/{desk.sittings[number]}").text


def found_beyond_limit(desk: Desk, number: int) -> None:
    """As a merge of two accounts judges it."""
    with desk.runtime.transaction() as session:
        session.get_one(Sitting, desk.sittings[number]).void_as_beyond_limit(at=desk.place.clock.now())


def test_what_was_annulled_within_the_days_of_undo_is_neither_awarded_nor_given_back(desk):
    applied(desk)
    desk.work()
    for number in (LOSES, GAINS):
        decides(desk, asks_a_person(desk, number), "annul")
    certificates = count(desk, Credential)
    later(desk, 3.1)

    assert settle(desk) == 1
    desk.work()

    assert (outcome(desk, GAINS), count(desk, Credential)) == ("not-awarded", certificates + 1), "the other that gains"
    assert count(desk, SittingAllowance) == 0
    assert "The certificate that this result had earned is revoked" not in page(desk, GAINS)


def test_no_first_decision_is_made_on_a_sitting_beyond_the_limit_until_a_person_says_that_it_counts(desk):
    take_decision(desk, 2)
    found_beyond_limit(desk, 2)

    assert asks_for_decision(desk, 2) is None
    said = page(desk, 2)
    assert "No decision is made on this assessment" in said
    assert "The decision is being made" not in said

    later(desk, 20)
    case_id = asks_a_person(desk, 2)
    decides(desk, case_id, "confirm")
    desk.work()
    assert outcome(desk, 2) == "awarded"


def test_a_sitting_beyond_the_limit_is_decided_again_once_it_counts_again(desk):
    applied(desk)
    desk.work()
    found_beyond_limit(desk, GAINS)
    later(desk, 3.1)
    settle(desk)
    assert outcome(desk, GAINS) == "not-awarded"

    decides(desk, asks_a_person(desk, GAINS), "confirm")

    assert outcome(desk, GAINS) == "awarded"
