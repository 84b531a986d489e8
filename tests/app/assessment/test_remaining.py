"""What the page says of the questions and minutes to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.assessment.adaptation import Role, pilot_positions
from app.assessment.course import Course, course_of
from app.assessment.declare_adjustments import declare_adjustments
from app.assessment.models import Sitting
from app.assessment.remaining import Remaining, pace_of, remaining_of
from app.item_bank.item_states import ItemState
from tests.app.assessment.builders import Place, SimulatedPerson, a_normed_skill, a_person
from tests.app.assessment.test_item_states import put

POSITIONS = 13  # one beyond the fewest; this person is undecided there


pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part


@pytest.fixture
def person(place: Place) -> UUID:
    a_normed_skill(place, scenario_slope=1.5)
    return a_person(place)


def _course(place: Place, sitting_id: UUID) -> Course:
    with place.database.reading() as session:
        return course_of(session.get_one(Sitting, sitting_id), session=session)


def _answer(place: Place, person: UUID, sitting_id: UUID, *, seconds: float, positions: int = POSITIONS) -> None:
    answers = SimulatedPerson(place, 1.3, 1.3, seed=3)
    for position in range(len(place.shown(sitting_id)), positions + 1):
        shown = place.shown(sitting_id)[-1]
        place.clock.advance(timedelta(seconds=seconds))
        place.respond(person, sitting_id, position, answers.answer(shown.item_code))


def _as_if(course: Course, probability: float) -> Remaining:
    """The range were the probability of standing above the cut another."""
    other = replace(course)
    other.__dict__["standing"] = replace(course.standing, probability_above=probability)
    return remaining_of(other)


def test_the_range_does_not_tell_the_side_of_the_cut(place, person) -> None:
    sitting_id = place.start(person).sitting_id
    for positions in (0, 6, POSITIONS):
        _answer(place, person, sitting_id, seconds=20, positions=positions)
        course = _course(place, sitting_id)
        for probability in (0.5, 0.3, 0.1, 0.03, 0.001):
            assert _as_if(course, probability) == _as_if(course, 1 - probability)
    assert _as_if(course, 0.5) != _as_if(course, 0.06)  # it does say something


def test_a_choice_that_is_not_confirmed_moves_nothing(place, person) -> None:
    sitting_id = place.start(person).sitting_id
    _answer(place, person, sitting_id, seconds=20)
    before = remaining_of(_course(place, sitting_id))
    shown = place.shown(sitting_id)[-1]
    for sequence, theta in enumerate((-3.0, 3.0), start=1):
        value = SimulatedPerson(place, theta, theta).answer(shown.item_code)
        place.respond(person, sitting_id, shown.position, value, sequence=sequence, confirm=False)
        assert remaining_of(_course(place, sitting_id)) == before


def test_minutes_follow_the_persons_own_pace_and_a_pause_counts_for_nothing(place, person) -> None:
    slow, quick = a_person(place), person
    minutes, paces = [], []
    for someone, seconds in ((quick, 8), (slow, 80)):
        sitting_id = place.start(someone).sitting_id
        _answer(place, someone, sitting_id, seconds=seconds, positions=8)
        place.clock.advance(timedelta(hours=5))
        _answer(place, someone, sitting_id, seconds=seconds, positions=9)
        course = _course(place, sitting_id)
        paces.append(pace_of(course))
        minutes.append(_as_if(course, 0.5).most_minutes)
    assert paces[0] < 1 < paces[1] < 8
    assert 0 < minutes[0] < minutes[1]


def test_under_an_adjustment_the_pace_is_not_looked_at_and_no_minutes_are_said(place, person) -> None:
    sitting_id = place.start(person).sitting_id
    _answer(place, person, sitting_id, seconds=20, positions=3)
    place.do(
        lambda session: declare_adjustments(
            sitting_id, {"unlimited-time"}, person_id=person, session=session, clock=place.clock
        )
    )
    left = remaining_of(_course(place, sitting_id))
    assert left.most > left.fewest > 0
    assert (left.fewest_minutes, left.most_minutes) == (None, None)


def test_the_fewest_falls_by_one_with_every_question_and_so_betrays_no_pilot_item(place, person) -> None:
    sitting_id = place.start(person).sitting_id
    course = _course(place, sitting_id)
    places = pilot_positions(course.sitting.seed, course.policy)
    shown = course.rows[0].item_code
    put(place, ItemState.PILOT, *[item.code for item in course.unseen if item.code != shown][:2])
    said = []
    for positions in range(12):
        _answer(place, person, sitting_id, seconds=20, positions=positions)
        said.append(_as_if(_course(place, sitting_id), 0.06).fewest)
    course = _course(place, sitting_id)
    assert {row.position for row in course.rows if course.role_of(row) is Role.PILOT} == places
    assert said == list(range(said[0], said[0] - len(said), -1))
