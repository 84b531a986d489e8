"""Sittings with shared answers: both are put before a person, and nothing follows until that person has decided."""

from __future__ import annotations

import gc
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.assessment import adaptation, checks
from app.assessment.check_policy import CheckPolicy
from app.assessment.check_sitting import check_sitting
from app.assessment.decide_check import decide_check
from app.assessment.erase_sittings import erase_sittings
from app.assessment.errors import OwnCheck
from app.assessment.models import Edition, Sitting, SittingCheck, SittingLikeness
from app.assessment.norming_rows import responses_for_norming
from app.assessment.other_sittings import Given, Other, latest_others
from app.assessment.policy import SittingPolicy
from app.assessment.tiers import A_PERSON_LOOKS, ALIKE, OUT_OF_NORMS
from app.assessment.verdicts import Verdict
from app.foundation import policies
from app.foundation.access import Actor, operator
from app.foundation.audit import AuditEntry
from scoring.situational_judgement import rate_each_category
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, take

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WORDS = "I laid both sittings side by side, item by item."
LONG = {"fewest_units": 24, "fewest_scenarios": 12, "certain_below": 0.0001, "certain_above": 0.9999}


@pytest.fixture
def skill(place: Place) -> Place:
    """A bank of twelve scenarios, all of which every sitting shows, and an honest person who has sat."""
    a_normed_skill(place, scenario_slope=1.5)
    for policy, values in ((SittingPolicy, LONG), (CheckPolicy, {"draws": 99})):
        place.do(lambda session, policy=policy, values=values: policies.set_policy(
            policy, values, session=session, at=place.clock.now(), actor=operator()
        ))  # fmt: skip
    sat(place, SimulatedPerson(place, 0.4, 0.2, seed=20).answer)
    return place


def sat(place: Place, answers: Any, person_id: UUID | None = None) -> UUID:
    place.clock.advance(timedelta(minutes=1))
    return take(place, person_id or a_person(place), answers)


def the_source(place: Place) -> SimulatedPerson:
    return SimulatedPerson(place, -1.0, 0.4, seed=4)


def copies(place: Place, source: SimulatedPerson) -> Any:
    """Answers situations as the source does, and speaks of themselves as they are."""
    own = SimulatedPerson(place, 1.0, 0.4, seed=5)
    return lambda code: (source if place.item(code).kind == "scenario" else own).answer(code)


def comes_to_the_same(place: Place, source: SimulatedPerson) -> Any:
    """The same categories in other ratings: judgement as good or bad, and nobody's words."""
    with place.database.reading() as session:
        edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
        keys = adaptation.bank_of(edition, session=session).option_keys

    def answer(code: str) -> Any:
        given = source.answer(code)
        if place.item(code).kind != "scenario":
            return given
        key, rng = np.array(keys[code], dtype=float), np.random.default_rng(len(code))
        tried = rng.integers(1, 7, (4000, key.size))
        same = rate_each_category(tried.astype(float), key) == rate_each_category(np.array(given, dtype=float), key)
        return tried[same & (tried != given).any(axis=1)][0].tolist()

    return answer


def checked(place: Place, *sittings: UUID) -> list[SittingCheck]:
    return [
        place.do(lambda session, one=one: check_sitting(one, session=session, clock=place.clock)) for one in sittings
    ]


def seen(place: Place, sitting_id: UUID) -> checks.CheckView:
    return place.do(lambda session: checks.check_of(sitting_id, session=session))


def decide(place: Place, sitting_id: UUID, verdict: Verdict, by: UUID | None = None) -> None:
    reviewer = Actor(by or a_person(place), "reviewer", frozenset({"candidate", "support"}))
    place.do(
        lambda session: decide_check(sitting_id, verdict, WORDS, session=session, clock=place.clock, actor=reviewer)
    )


def a_second_account(place: Place, person_id: UUID) -> UUID:
    """Another one that reads the same mailbox."""

    def share(session: Session) -> UUID:
        other = session.get_one(Person, a_person_id)
        other.email = session.get_one(Person, person_id).email.replace("@", f"+{a_person_id}@")
        return a_person_id

    a_person_id = a_person(place)
    return place.do(share)


def in_norms(place: Place) -> set[UUID]:
    window = {"after": place.clock.now() - timedelta(days=400), "until": place.clock.now()}
    return place.do(lambda s: {row.sitting_id for row in responses_for_norming(SKILL, "en", **window, session=s)})


def test_edge_069_of_two_who_share_answers_both_are_looked_at_and_nothing_follows_before(skill: Place) -> None:
    source = sat(skill, the_source(skill).answer)
    copier = sat(skill, copies(skill, the_source(skill)))
    checked(skill, source, copier)
    assert {one.sitting_id for one in skill.do(lambda session: checks.waiting(session=session))} == {source, copier}
    (twin,) = seen(skill, copier).alike
    assert (twin.sitting_id, twin.equal, twin.common) == (source, 12, 12)
    assert twin.expected < 6
    assert twin.share <= CheckPolicy().alike_share
    assert [one.sitting_id for one in seen(skill, source).alike] == [copier]
    assert ALIKE in seen(skill, copier).evidence["flags"]
    assert max(seen(skill, one).tier for one in (source, copier)) < A_PERSON_LOOKS
    outside = {one for one in (source, copier) if seen(skill, one).tier == OUT_OF_NORMS}
    assert {source, copier} - outside <= in_norms(skill)
    with skill.database.reading() as session:
        entries = session.scalars(select(AuditEntry.subject).where(AuditEntry.kind == "sitting.found_alike")).all()
    assert entries == [str(source)]


def test_edge_069_whoever_sat_one_of_the_two_decides_neither(skill: Place) -> None:
    source = sat(skill, the_source(skill).answer)
    copier = sat(skill, copies(skill, the_source(skill)))
    checked(skill, source, copier)
    for own in (source, copier):
        for looked_at in (source, copier):
            with pytest.raises(OwnCheck):
                decide(skill, looked_at, Verdict.SOUND, by=skill.sitting(own).person_id)
            with pytest.raises(OwnCheck):
                decide(skill, looked_at, Verdict.SOUND, by=a_second_account(skill, skill.sitting(own).person_id))
    assert {one.sitting_id for one in skill.do(lambda session: checks.waiting(session=session))} == {source, copier}


def test_edge_069_what_a_person_finds_of_one_holds_for_that_one_alone_and_stays(skill: Place) -> None:
    source = sat(skill, the_source(skill).answer)
    copier = sat(skill, copies(skill, the_source(skill)))
    checked(skill, source, copier)
    decide(skill, copier, Verdict.NOT_SOUND)
    decide(skill, source, Verdict.SOUND)
    assert copier not in in_norms(skill)
    assert source in in_norms(skill)
    assert skill.do(lambda session: checks.waiting(session=session)) == ()
    kept = {one: skill.do(lambda session, one=one: session.get_one(SittingCheck, one)) for one in (source, copier)}
    assert (kept[source].seeds_no_retake, kept[copier].seeds_no_retake) == (False, True)
    third = sat(skill, copies(skill, the_source(skill)))
    checked(skill, third)
    assert {one.sitting_id for one in seen(skill, third).alike} == {source, copier}
    assert [one.sitting_id for one in skill.do(lambda session: checks.waiting(session=session))] == [third]
    assert (seen(skill, source).verdict, seen(skill, source).is_waiting) == (Verdict.SOUND, False)


def test_the_same_judgement_in_other_ratings_is_not_a_copy_and_honest_people_are_not_called(skill: Place) -> None:
    source = sat(skill, the_source(skill).answer)
    as_good = sat(skill, comes_to_the_same(skill, the_source(skill)))
    checked(skill, source, as_good)
    assert seen(skill, as_good).alike == ()
    assert not seen(skill, as_good).was_called
    assert seen(skill, as_good).evidence[ALIKE]["share"] > 0.01


def test_an_earlier_sitting_checked_later_is_called_too_and_an_erased_twin_calls_off_nothing(skill: Place) -> None:
    """Its own check looks back only, and finds nothing to compare it with."""
    leaver = a_person(skill)
    source = sat(skill, the_source(skill).answer, leaver)
    copier = sat(skill, copies(skill, the_source(skill)))
    checked(skill, copier)
    checked(skill, source)
    assert seen(skill, source).is_waiting
    skill.do(lambda session: erase_sittings(leaver, leaver, session=session, clock=skill.clock))
    assert (seen(skill, copier).alike, seen(skill, copier).was_called, seen(skill, copier).is_waiting) == (
        (), True, True,
    )  # fmt: skip
    with skill.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SittingLikeness)) == 0


def test_what_is_compared_is_kept_from_look_to_look_and_leaves_the_memory_with_who_is_erased(skill: Place) -> None:
    erased, last = a_person(skill), a_person(skill)
    for person_id, seed in ((erased, 31), (a_person(skill), 32), (last, 33)):
        sitting_id = sat(skill, SimulatedPerson(skill, 0.1, 0.2, seed=seed).answer, person_id)

    def others() -> list[Other]:
        return skill.do(lambda s: list(latest_others(s.get_one(Sitting, sitting_id), 500, session=s)))

    def in_memory() -> int:
        gc.collect()
        return sum(isinstance(one, Given) for one in gc.get_objects())

    first, second = others(), others()
    assert len(first) == 3
    assert all(one.given is other.given for one, other in zip(first, second, strict=True))
    assert all(len(one.given.answers) == 12 for one in first)
    before = in_memory()
    del first, second
    skill.do(lambda session: erase_sittings(erased, skill.entropy.uuid(), session=session, clock=skill.clock))
    assert len(others()) == 2
    assert in_memory() == before - 1


def test_the_latest_are_found_without_reading_every_sitting_of_the_release(skill: Place) -> None:
    sitting_id = sat(skill, SimulatedPerson(skill, 0.1, 0.2, seed=33).answer)
    asked: list[Any] = []
    with skill.database.reading() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        latest_others(session.get_one(Sitting, sitting_id), 500, session=session)
        statement, values = next(told for told in asked if "ORDER BY sitting.completed_at" in told[0])
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert plan[0].startswith("SEARCH sitting USING INDEX ix_sitting_release_completed (release_id=? AND completed_at<")
