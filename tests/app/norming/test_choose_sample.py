"""First sittings of a window become a sample: one of each consenting person, and never without the mark of a demo."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from app.assessment import queries as sittings
from app.foundation.access import Actor
from app.norming.choose_sample import choose_sample
from app.norming.errors import NobodyChosen
from app.norming.models import LegacySample, NormVersion, SampleLabel
from app.norming.recalibration import Choice, Source
from tests.app.assessment.builders import (
    SKILL,
    Place,
    SimulatedPerson,
    a_person,
    check_all,
    take,
    the_collaboration_bank,
)
from tests.app.norming.builders import EDITOR_ID
from tests.browser.normed_bank import adopt_a_norm

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EDITOR = Actor(EDITOR_ID, "editor", frozenset({"norm_editor"}))
PEOPLE = 3

pytestmark = ONE_ENGINE


@pytest.fixture
def place(database, clock, entropy, jobs):
    """Three people a day apart, the first of them once more; one who did not consent to norm use."""
    place = Place(database, clock, entropy, jobs)
    the_collaboration_bank(place)
    adopt_a_norm(place)
    first = None
    for seed in range(PEOPLE):
        person_id = a_person(place)
        first = first or person_id
        take(place, person_id, SimulatedPerson(place, 0.5, 0.5, seed).answer)
        clock.advance(timedelta(days=1))
    take(place, a_person(place, consents=("assessment",)), SimulatedPerson(place, 0, 0, 99).answer)
    clock.advance(timedelta(days=40))
    take(place, first, SimulatedPerson(place, 1.5, 1.5, 7).answer)
    check_all(place)
    return place


def chosen(place, **window):
    choice = Choice(Source.SITTINGS, language="en", **window)
    tools = {"clock": place.clock, "entropy": place.entropy, "actor": EDITOR}
    return place.do(lambda session: choose_sample(SKILL, choice, session=session, **tools))


def is_demo(place, value):
    with place.database.transaction() as session:
        session.execute(text("DROP TRIGGER norm_version_no_edit"))
        for norm in session.scalars(select(NormVersion)):
            norm.demo = value


def test_edge_014_each_person_is_in_it_once_by_the_first_sitting(place):
    sample = chosen(place)
    assert sample.n == PEOPLE
    with place.database.reading() as session:
        days = session.scalars(select(SampleLabel).where(SampleLabel.sample_id == sample.id)).one()
        assert sittings.open_sittings(session=session) == 0
    assert (days.name, days.is_block, len(days.labels)) == ("day", True, PEOPLE)
    assert sample.ages_known
    assert sample.consent_basis


def test_a_window_bounds_the_days_and_an_empty_one_says_so(place):
    second_day = place.clock.now().date() - timedelta(days=42)
    assert chosen(place, since_on=second_day).n == PEOPLE - 1
    assert chosen(place, until_on=second_day - timedelta(days=1)).n == 1
    with pytest.raises(NobodyChosen):
        chosen(place, since_on=date(2020, 1, 1), until_on=date(2020, 12, 31))


def test_the_same_window_twice_is_one_sample(place):
    assert chosen(place).id == chosen(place).id
    with place.database.reading() as session:
        assert len(session.scalars(select(LegacySample)).all()) == 2  # and that of the norm in force


@pytest.mark.parametrize("demo", [True, False])
def test_edge_017_sittings_beside_a_demo_norm_keep_its_mark(place, demo):
    is_demo(place, demo)
    assert chosen(place).is_simulated is demo
