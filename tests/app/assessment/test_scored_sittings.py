"""Scores of many sittings: an annulled one is among none of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.assessment.annul_sitting import annul_sitting
from app.assessment.scored_sittings import latest_between, scored_sittings
from app.foundation.access import operator
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, take

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # plain SQL
EVERYWHERE = (-9.0, 9.0)


@pytest.fixture
def taken(place: Place) -> tuple[UUID, UUID]:
    """Two sittings of one person, the second a retake."""
    a_normed_skill(place)
    person_id = a_person(place)
    first = take(place, person_id, SimulatedPerson(place, 0.0, 0.0).answer)
    place.clock.advance(timedelta(days=200))
    return first, take(place, person_id, SimulatedPerson(place, 2.0, 2.0, 1).answer)


def annul(place: Place, sitting_id: UUID) -> None:
    place.do(lambda session: annul_sitting(sitting_id, session=session, clock=place.clock, actor=operator()))


def scored(place: Place) -> list[datetime | None]:
    span = {"after": place.clock.now() - timedelta(days=400), "until": place.clock.now()}
    return [one.completed_at for one in place.do(lambda s: scored_sittings(SKILL, "en", **span, session=s))]


def named(place: Place, *, days: int) -> tuple[UUID, ...]:
    """People by the latest score of the last days."""
    scale = {sitting.calibration_id for sitting in place.sittings()}
    span = {"after": place.clock.now() - timedelta(days=days), "until": place.clock.now()}
    return place.do(lambda s: latest_between(SKILL, "en", scale, EVERYWHERE, **span, most=9, session=s))


def test_an_annulled_sitting_is_not_among_the_scores(place: Place, taken: tuple[UUID, UUID]) -> None:
    ends = [sitting.completed_at for sitting in place.sittings()]
    assert scored(place) == ends
    annul(place, taken[1])
    assert scored(place) == ends[:1]


def test_an_annulled_sitting_names_nobody_and_overtakes_none(place: Place, taken: tuple[UUID, UUID]) -> None:
    person_id = place.sitting(taken[0]).person_id
    assert named(place, days=100) == (person_id,)
    annul(place, taken[1])
    assert named(place, days=100) == ()
    assert named(place, days=400) == (person_id,)
