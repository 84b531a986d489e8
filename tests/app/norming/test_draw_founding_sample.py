"""Founding sittings become a sample: only of those who may serve a norm, and only once every item has enough."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest

from app.assessment.models import FrozenSitting
from app.assessment.norming_rows import NormingRow, founding_responses
from app.foundation import policies
from app.foundation.access import operator
from app.item_bank.item_states import ItemState
from app.item_bank.queries import ItemView
from app.norming.draw_founding_sample import draw_founding_sample
from app.norming.packed import unpack
from app.norming.policy import NormPolicy
from app.norming.sample_errors import FoundingUnfinished, SampleAlreadyImported
from app.norming.sitting_sample import as_answered
from tests.app.assessment.builders import (
    SKILL,
    Place,
    SimulatedPerson,
    a_normed_skill,
    a_person,
    check_all,
    take,
    the_collaboration_bank,
)
from tests.app.assessment.test_item_states import suspend, to_state

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PEOPLE = 6


@pytest.fixture
def place(database, clock, entropy, jobs):
    """Six founders and one who did not consent to norm use; of every item one response is enough."""
    place = Place(database, clock, entropy, jobs)
    the_collaboration_bank(place)
    a_normed_skill(place, with_norm=False)
    with place.database.transaction() as session:
        policies.set_policy(NormPolicy, {"founding_responses": 1}, session=session, at=clock.now(), actor=operator())
    for seed in range(PEOPLE):
        take(place, a_person(place), SimulatedPerson(place, 0.5, 0.5, seed).answer)
        clock.advance(timedelta(days=1))
    take(place, a_person(place, consents=("assessment",)), SimulatedPerson(place, 0, 0, 99).answer)
    check_all(place)
    return place


def drawn(place: Place, language: str = "en"):
    return place.do(
        lambda session: draw_founding_sample(
            SKILL, language, session=session, clock=place.clock, entropy=place.entropy, actor=operator()
        )
    )


@ONE_ENGINE
def test_the_sample_holds_what_founders_answered_and_says_who_they_are(place):
    sample = drawn(place)

    assert (sample.n, sample.is_simulated, sample.ages_known) == (PEOPLE, False, True)
    assert (sample.window_end_on - sample.window_start_on).days == PEOPLE - 1
    assert sample.consent_basis
    with place.database.reading() as session:
        rows = founding_responses(sample.release_id, "en", session=session)
        answered = unpack(sample.responses, len(sample.columns))
        for person, row in enumerate(rows[:PEOPLE]):
            shown = {code: category for code, _kind, category in row.units}
            raw = json.loads(session.get_one(FrozenSitting, row.sitting_id).responses)["units"]
            chosen = {code: value for code, kind, _category, value in raw if kind == "statement"}
            for place_of, code in enumerate(sample.columns):
                kept = answered[person, place_of]
                if code in chosen:
                    assert kept == chosen[code], "a statement is stored as it was answered"
                else:
                    assert kept == shown.get(code, -1)
        assert np.count_nonzero(answered >= 0) == 18 * PEOPLE


def test_an_item_that_points_the_other_way_is_stored_as_it_was_answered(clock):
    turned = ItemView(UUID(int=1), "turned", "statement", "a", {}, -1, 5)
    straight = ItemView(UUID(int=2), "straight", "statement", "a", {}, 1, 5)
    units = (("turned", "statement", 4), ("straight", "statement", None))
    row = NormingRow(UUID(int=3), UUID(int=4), UUID(int=5), clock.now(), units)

    assert as_answered([row], [turned, straight]).tolist() == [[0, -1]]


@ONE_ENGINE
def test_while_an_item_lacks_responses_there_is_no_sample(place):
    with place.database.transaction() as session:
        later = place.clock.advance(timedelta(seconds=1))
        policies.set_policy(NormPolicy, {"founding_responses": 300}, session=session, at=later, actor=operator())

    with pytest.raises(FoundingUnfinished, match="0 of 36 items"):
        drawn(place)


@ONE_ENGINE
def test_an_item_that_may_not_be_scored_is_left_out_with_its_answers_and_waited_for_no_more(place):
    rest = set(drawn(place).columns) - {"col-s01", "col-j01"}
    suspend(place, "col-s01", languages=("en",))
    to_state(place, "col-j01", ItemState.RETIRED)
    with place.database.transaction() as session:
        later = place.clock.advance(timedelta(seconds=1))
        policies.set_policy(NormPolicy, {"founding_responses": 4}, session=session, at=later, actor=operator())
    for seed in range(PEOPLE, 2 * PEOPLE):
        take(place, a_person(place), SimulatedPerson(place, 0.5, 0.5, seed).answer)
    check_all(place)

    sample = drawn(place)

    assert set(sample.columns) == rest
    assert ((unpack(sample.responses, len(rest)) >= 0).sum(axis=0) >= 4).all()


@ONE_ENGINE
def test_the_other_language_is_another_sample(place):
    with pytest.raises(FoundingUnfinished, match="from 0 founding sittings"):
        drawn(place, "fr")


@ONE_ENGINE
def test_the_same_founders_are_not_taken_twice(place):
    drawn(place)

    with pytest.raises(SampleAlreadyImported):
        drawn(place)
