"""How often items were shown is the same number before the nightly count, after it, and after what comes later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.assessment.count_uses import SETTLED, keep_uses, uses_since_last
from app.assessment.erase_sittings import erase_sittings
from app.assessment.models import FrozenSitting, Presentation, Sitting, UseCount
from app.assessment.scored_sittings import latest_between
from app.assessment.use_counts import counted_until, item_uses, release_uses
from app.item_bank import queries as item_bank
from app.worker import JOBS, PERIODIC
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.browser.normed_bank import adopt_a_norm

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # plain SQL


@pytest.fixture
def place(runtime):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    adopt_a_norm(place)
    return place


def sit(place, seed=1, theta=0.0):
    person_id = a_person(place)
    take(place, person_id, SimulatedPerson(place, theta, theta, seed).answer)
    place.clock.advance(SETTLED + timedelta(seconds=1))
    return person_id


def uses(runtime):
    """Of every item ever shown, and of the release, in English."""
    with runtime.reading() as session:
        items = session.scalars(select(Presentation.item_id).distinct().order_by(Presentation.item_id)).all()
        kept = session.scalars(select(UseCount.subject_id)).all()
        releases = {item_bank.latest_release("collaboration", session=session).id}
        found = {item_id: item_uses([item_id], "en", session=session) for item_id in {*items, *kept} - releases}
        return found, release_uses(releases, "en", session=session)


def counted(runtime):
    with runtime.reading() as session:
        return uses_since_last(session=session, at=runtime.clock.now())


def test_a_count_changes_no_figure_and_later_sittings_are_added_to_it(place, runtime):
    for seed in range(2):
        sit(place, seed)
    before = uses(runtime)
    assert before[1].count == 2
    assert sum(one.count for one in before[0].values()) == sum(len(place.shown(s.id)) for s in place.sittings())
    JOBS["count_uses"](runtime)
    assert uses(runtime) == before
    sit(place, 3)
    after = uses(runtime)
    assert after[1].count == 3
    JOBS["count_uses"](runtime)
    assert uses(runtime) == after
    with runtime.reading() as session:
        assert item_uses(list(after[0]), "fr", session=session).count == 0
    assert "count_uses" in {job.name for job in PERIODIC}


def test_of_two_counts_at_once_one_is_kept(place, runtime):
    sit(place)
    before, twice = uses(runtime), [counted(runtime), counted(runtime)]
    with runtime.transaction() as session:
        assert [keep_uses(one, session=session) for one in twice] == [True, False]
    assert uses(runtime) == before


def test_what_is_shown_just_now_waits_for_the_next_count(place, runtime):
    sit(place)
    JOBS["count_uses"](runtime)
    person_id = a_person(place)
    take(place, person_id, SimulatedPerson(place, 0.0, 0.0, 2).answer)
    found = counted(runtime)
    assert found.until < runtime.clock.now()
    assert sum(rows[2] for rows in found.rows) < 5  # its last answers come within the ten minutes
    assert uses(runtime)[1].count == 2


def test_what_was_counted_outlives_the_person_it_was_counted_of(place, runtime):
    person_id = sit(place)
    before = uses(runtime)
    JOBS["count_uses"](runtime)
    with runtime.transaction() as session:
        erase_sittings(person_id, runtime.entropy.uuid(), session=session, clock=runtime.clock)
    assert uses(runtime) == before
    with runtime.reading() as session:
        assert counted_until(session=session) == runtime.clock.now() - SETTLED


def test_people_between_two_lines_are_those_whose_latest_score_lies_there(place, runtime):
    people = [sit(place, seed, theta) for seed, theta in enumerate((-1.0, 0.0, 1.0))]
    with runtime.reading() as session:
        rows = {row.person_id: row for row in session.scalars(select(Sitting))}
        calibrations = {rows[people[0]].calibration_id}
        medians = {person: session.get_one(FrozenSitting, rows[person].id).median for person in people}
        ordered = sorted(people, key=medians.get)

        def between(low, high, most=10):
            return latest_between(
                "collaboration", "en", calibrations, (low, high),
                after=place.clock.now() - timedelta(days=30), until=place.clock.now(), most=most, session=session,
            )  # fmt: skip

        low, middle, high = (medians[person] for person in ordered)
        assert between(middle, high) == (ordered[1],)
        assert set(between(low, high)) == {ordered[0], ordered[1]}
        assert between(high, middle) == ()
        assert between(low, high + 1, most=1) == (people[2],)


def test_a_score_that_a_later_sitting_overtook_names_nobody(place, runtime):
    person_id = a_person(place)
    first = take(place, person_id, SimulatedPerson(place, 0.0, 0.0, 1).answer)
    after = place.clock.now() - timedelta(days=1)
    place.clock.advance(timedelta(days=60))
    until = place.clock.now() - timedelta(days=1)
    take(place, person_id, SimulatedPerson(place, 2.0, 2.0, 2).answer)

    with runtime.reading() as session:
        score = session.get_one(FrozenSitting, first).median
        pins = (SKILL, "en", {session.get_one(Sitting, first).calibration_id}, (score - 1e-6, score + 1e-6))
        found = [
            latest_between(*pins, after=after, until=end, most=10, session=session)
            for end in (until, place.clock.now())
        ]
    assert found == [(person_id,), ()]
