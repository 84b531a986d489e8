from __future__ import annotations

import json
import math
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.assessment.complete_sitting import complete_sitting
from app.assessment.errors import NoScoreYet, NotYetComplete
from app.assessment.final_scores import FinalScore, final_score
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import FrozenSitting, Sitting, State, Stop
from app.assessment.norming_rows import responses_for_norming
from app.assessment.queries import view_of
from app.foundation.audit import AuditEntry
from app.item_bank.release_trial_bank import TrialItem
from tests.app.assessment.builders import (
    Place,
    SimulatedPerson,
    a_normed_skill,
    a_person,
    a_policy,
    a_trial_skill,
    all_at_once,
    check_all,
    take,
)

ROUNDS = pytest.mark.parametrize("rounds", [5, pytest.param(200, marks=pytest.mark.long)])
PARALLEL = 8


def _complete(place: Place, sitting_id: UUID) -> Sitting:
    return place.do(lambda session: complete_sitting(sitting_id, session=session, clock=place.clock, jobs=place.jobs))


def _leave(place: Place, person_id: UUID, sitting_id: UUID) -> Sitting:
    return place.do(
        lambda session: leave_sitting(
            sitting_id, person_id=person_id, session=session, clock=place.clock, jobs=place.jobs
        )
    )


def _score(place: Place, sitting_id: UUID) -> FinalScore:
    return place.do(lambda session: final_score(sitting_id, session=session))


def _answer_without_ending(place: Place, person_id: UUID, person: SimulatedPerson) -> UUID:
    """A sitting whose last response is a draft: the rule would end it, and nobody has confirmed yet."""
    sitting_id = place.start(person_id).sitting_id
    for position in range(1, 12):
        place.respond(person_id, sitting_id, position, person.answer(place.shown(sitting_id)[-1].item_code))
    place.respond(person_id, sitting_id, 12, person.answer(place.shown(sitting_id)[-1].item_code), confirm=False)
    return sitting_id


def _units(frozen: FrozenSitting) -> list[list[Any]]:
    units: list[list[Any]] = json.loads(frozen.responses)["units"]
    return units


def test_how_far_the_kinds_lie_apart_is_read_against_people_and_not_against_error(
    place: Place,
) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = take(place, a_person(place), SimulatedPerson(place, 1.0, -0.5).answer)
    score, frozen = _score(place, sitting_id), place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    of_people = 2 * (1 - score.kinds_correlation)
    (first, both), (_, second) = frozen.kinds_covariance
    spread = math.sqrt(of_people - (first + second - 2 * both))

    assert score.kind_unusualness == pytest.approx((frozen.judgement_theta - frozen.self_report_theta) / spread)
    assert (
        score.kind_difference == frozen.kind_difference > score.kind_unusualness > 0
    )  # so the one is no accident, and yet not unusual
    assert replace(score, scenarios=0).kind_unusualness is None
    assert replace(score, kinds_covariance=None).kind_unusualness is None


def test_completion_freezes_every_response_in_one_row_and_asks_for_the_result(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = take(place, a_person(place), SimulatedPerson(place, -1, -1).answer)
    frozen = place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    kept = {
        (shown.item_code, str(response.value))
        for shown, response in zip(place.shown(sitting_id), place.kept(sitting_id), strict=True)
    }
    assert {(code, str(value)) for code, _, _, value in _units(frozen)} == kept
    assert frozen.sha256 == sha256(frozen.responses.encode()).hexdigest()
    arguments = {"sitting_id": str(sitting_id)}
    assert place.jobs.enqueued == {
        f"result:{sitting_id}": ("report_result", arguments),
        f"check:{sitting_id}": ("check_sitting", arguments),
    }
    score = _score(place, sitting_id)
    assert score.has_result
    assert score.units == 12
    assert score.stop_reason == Stop.CERTAIN_BELOW
    assert score.interval_low < score.median < score.interval_high


@ROUNDS
def test_case_023_eight_parallel_completions_complete_once_and_all_get_the_same(place: Place, rounds: int) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    for seed in range(rounds):
        person_id = a_person(place)
        sitting_id = _answer_without_ending(place, person_id, SimulatedPerson(place, -2, -2, seed=seed))
        outcomes = all_at_once(PARALLEL, lambda _, which=sitting_id: _complete(place, which))
        assert all(isinstance(outcome, Sitting) for outcome in outcomes), outcomes
        views = {place.do(lambda session, row=row: view_of(row, session=session)) for row in outcomes}
        assert len(views) == 1
        with place.database.reading() as session:
            entries = session.scalar(
                select(func.count()).where(
                    AuditEntry.kind == "sitting.completed", AuditEntry.subject == str(sitting_id)
                )
            )
        assert entries == 1
    assert len(place.jobs.enqueued) == 2 * rounds


def test_case_023_a_double_click_on_the_last_answer_completes_once(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person_id, person = a_person(place), SimulatedPerson(place, -2, -2)
    sitting_id = _answer_without_ending(place, person_id, person)
    value = place.kept(sitting_id)[-1].value
    outcomes = all_at_once(PARALLEL, lambda _: place.respond(person_id, sitting_id, 12, value, sequence=2))
    assert len({repr(outcome) for outcome in outcomes}) == 1, outcomes
    assert outcomes[0].state == State.COMPLETED  # type: ignore[union-attr]
    assert len(place.jobs.enqueued) == 2


def test_edge_037_completing_again_changes_nothing(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = take(place, a_person(place), SimulatedPerson(place, -1, -1).answer)
    before = _score(place, sitting_id)
    for _ in range(3):
        _complete(place, sitting_id)
    assert _score(place, sitting_id) == before
    assert len(place.jobs.enqueued) == 2


def test_a_sitting_that_the_rule_wants_to_go_on_cannot_be_completed(place: Place) -> None:
    a_normed_skill(place)
    sitting_id = place.start(a_person(place)).sitting_id
    with pytest.raises(NotYetComplete):
        _complete(place, sitting_id)
    with pytest.raises(NoScoreYet):
        _score(place, sitting_id)


def test_case_014_a_sitting_left_early_is_scored_on_what_was_answered_and_nothing_is_made_up(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person_id, person = a_person(place), SimulatedPerson(place, 1.5, 1.5)
    sitting_id = take(place, person_id, person.answer, most=11)
    ended = _leave(place, person_id, sitting_id)
    score = _score(place, sitting_id)
    assert (ended.state, ended.stop_reason) == (State.COMPLETED, Stop.LEFT)
    assert (score.units, len(place.shown(sitting_id))) == (11, 12)
    frozen = place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    assert _units(frozen)[-1][2:] == [None, None]


def test_edge_030_who_leaves_below_the_minimum_gets_no_result_and_the_cause_is_the_candidate(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    sitting_id = take(place, person_id, SimulatedPerson(place, 0, 0).answer, most=9)
    ended = _leave(place, person_id, sitting_id)
    assert (ended.state, ended.stop_reason) == (State.ABANDONED, Stop.LEFT)
    assert ended.counts_as_taken
    assert place.jobs.enqueued == {}
    assert _leave(place, person_id, sitting_id).completed_at == ended.completed_at


def test_edge_006_when_nothing_arose_there_is_no_result_and_no_waiting_time(place: Place) -> None:
    a_policy(place, founding_scenarios=0, fewest_scenarios=0)
    a_normed_skill(place, with_norm=False)
    person_id = a_person(place)
    sitting_id = take(place, person_id, lambda _: "did-not-arise")
    ended = place.sitting(sitting_id)
    assert (ended.state, ended.stop_reason) == (State.ABANDONED, Stop.NOTHING_AROSE)
    assert place.jobs.enqueued == {}
    assert place.start(person_id).is_new


def test_case_017_a_sitting_without_a_single_answer_ends_without_a_result_and_stops_nothing(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    ended = _leave(place, person_id, place.start(person_id).sitting_id)
    assert (ended.state, ended.stop_reason) == (State.ABANDONED, Stop.LEFT)
    with pytest.raises(NoScoreYet):
        _score(place, ended.id)


def test_a_founding_sitting_is_a_fixed_balanced_form_of_both_kinds(place: Place) -> None:
    a_normed_skill(place, with_norm=False)
    sitting_id = take(place, a_person(place), SimulatedPerson(place, 0, 0).answer)
    score = _score(place, sitting_id)
    assert (score.statements, score.scenarios, score.stop_reason) == (10, 8, Stop.FOUNDING_FORM)
    assert max(score.facet_counts.values()) - min(score.facet_counts.values()) <= 2
    assert score.probability_above is None
    assert score.has_result


def test_a_founding_sitting_without_any_calibration_is_frozen_for_the_first_one(place: Place) -> None:
    items = [TrialItem(f"t{number}", {"en": f"text {number}"}, categories=5) for number in range(12)]
    a_trial_skill(place, items)
    sitting_id = take(place, a_person(place), lambda _: 3, skill="trial")
    score = _score(place, sitting_id)
    assert (score.statements, score.has_result, score.stop_reason) == (10, False, Stop.FOUNDING_FORM)


def test_edge_014_responses_for_norming_are_first_sittings_with_every_category(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    before = place.clock.now()
    people = [a_person(place) for _ in range(3)]
    for seed, person_id in enumerate(people):
        take(place, person_id, SimulatedPerson(place, -1, -1, seed=seed).answer)
    check_all(place)
    with place.database.reading() as session:
        window = {"after": before.replace(year=2025), "until": place.clock.now()}
        rows = list(responses_for_norming("collaboration", "en", **window, session=session))
        assert list(responses_for_norming("collaboration", "fr", **window, session=session)) == []
    assert sorted(row.person_id for row in rows) == sorted(people)
    for row in rows:
        assert len(row.units) >= 12
        assert all(category is not None for _, _, category in row.units)
