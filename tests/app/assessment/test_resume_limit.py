"""Around the last moment of a sitting: what was on its way counts, what comes later is refused, nothing is blanked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.assessment.close_expired_sittings import close_expired_sittings
from app.assessment.errors import SittingClosed, SittingExpired
from app.assessment.final_scores import final_score
from app.assessment.models import State, Stop
from app.assessment.policy import SittingPolicy
from tests.app.assessment.builders import Place, SimulatedPerson, a_normed_skill, a_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ENOUGH = SittingPolicy().fewest_units_for_result
GRACE = timedelta(minutes=SittingPolicy().resume_grace_minutes)
SECOND = timedelta(seconds=1)


def answered(place: Place, units: int) -> tuple[UUID, UUID, SimulatedPerson]:
    """A sitting begun, so many items answered, and the next one on the screen."""
    person_id, person = a_person(place), SimulatedPerson(place, 0.3, 0.3)
    sitting_id = place.start(person_id).sitting_id
    for position in range(1, units + 1):
        place.respond(person_id, sitting_id, position, person.answer(place.shown(sitting_id)[-1].item_code))
    return person_id, sitting_id, person


def closes_what_expired(place: Place) -> int:
    return place.do(lambda session: close_expired_sittings(session=session, clock=place.clock, jobs=place.jobs))


def test_case_012_a_response_around_the_limit_is_counted_or_refused_and_blanks_nothing(place: Place) -> None:
    a_normed_skill(place)
    for beside, counts, goes_on in (
        (-SECOND, True, True),
        (timedelta(0), True, True),
        (SECOND, True, False),
        (GRACE, True, False),
        (GRACE + SECOND, False, False),
    ):
        person_id, sitting_id, person = answered(place, 2)
        before = [kept.value for kept in place.kept(sitting_id)]
        value = person.answer(place.shown(sitting_id)[-1].item_code)
        place.clock.instant = place.sitting(sitting_id).resumable_until + beside
        if counts:
            recorded = place.respond(person_id, sitting_id, 3, value)
            assert (recorded.state == State.OPEN) is goes_on, beside
        else:
            with pytest.raises(SittingExpired):
                place.respond(person_id, sitting_id, 3, value)
        assert [kept.value for kept in place.kept(sitting_id)] == before + ([value] if counts else []), beside
        assert len(place.shown(sitting_id)) == 3 + goes_on, beside


def test_case_011_a_response_on_its_way_when_the_days_end_is_kept_and_scored(place: Place) -> None:
    """The tenth answer makes the difference between a result and none."""
    a_normed_skill(place)
    person_id, sitting_id, person = answered(place, ENOUGH - 1)
    value, last = person.answer(place.shown(sitting_id)[-1].item_code), place.sitting(sitting_id).resumable_until
    place.clock.instant = last + 5 * SECOND
    assert closes_what_expired(place) == 0
    assert place.respond(person_id, sitting_id, ENOUGH, value).state == State.COMPLETED
    ended = place.sitting(sitting_id)
    assert (ended.stop_reason, ended.completed_at) == (Stop.EXPIRED, last)
    assert place.do(lambda session: final_score(sitting_id, session=session)).units == ENOUGH
    again = place.respond(person_id, sitting_id, ENOUGH, value)
    assert (again.state, again.value) == (State.COMPLETED, value)


def test_case_011_what_was_chosen_and_not_sent_on_is_counted_by_the_forced_end(place: Place) -> None:
    a_normed_skill(place)
    person_id, sitting_id, person = answered(place, ENOUGH - 1)
    value, last = person.answer(place.shown(sitting_id)[-1].item_code), place.sitting(sitting_id).resumable_until
    place.clock.instant = last + SECOND
    assert place.respond(person_id, sitting_id, ENOUGH, value, confirm=False).state == State.OPEN
    place.clock.instant = last + GRACE + SECOND
    assert closes_what_expired(place) == 1
    assert place.do(lambda session: final_score(sitting_id, session=session)).units == ENOUGH
    with pytest.raises(SittingClosed):
        place.respond(person_id, sitting_id, ENOUGH, value, sequence=9)
