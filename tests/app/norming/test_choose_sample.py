"""First sittings of a window become a sample: one of each consenting person, and never without the mark of a demo."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from app.accounts import queries as accounts
from app.accounts.grant_role import grant_role
from app.accounts.revoke_role import revoke_role
from app.assessment import queries as sittings
from app.foundation.access import Actor, operator
from app.norming.choice_errors import NobodyChosen
from app.norming.choose_sample import choose_sample
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
from tests.app.norming.builders import EDITOR_ID, a_described_mapping, import_sample
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


def test_case_020_a_sitting_of_staff_stays_out_after_the_role_was_taken_back(place):
    """And one that is begun after it comes in: nobody is marked for life."""
    former, later = a_person(place), a_person(place)
    role = {"role": "item_editor", "clock": place.clock, "actor": operator()}
    for person_id in (former, later):
        place.do(lambda session, one=person_id: grant_role(one, session=session, **role))
    take(place, former, SimulatedPerson(place, 2.0, 2.0, 11).answer)
    place.clock.advance(timedelta(days=1))
    for person_id in (former, later):
        place.do(lambda session, one=person_id: revoke_role(one, session=session, **role))
    take(place, later, SimulatedPerson(place, 2.0, 2.0, 12).answer)
    check_all(place)
    with place.database.reading() as session:
        assert accounts.may_enter_norm(former, session=session)  # what they would sit now counts
    assert chosen(place).n == PEOPLE + 1


def a_part(whole, choice, session, clock, entropy):
    tools = {"clock": clock, "entropy": entropy, "actor": EDITOR}
    return choose_sample(whole.group.skill, replace(choice, sample_id=whole.id), session=session, **tools)


def test_a_part_of_drawn_sittings_claims_the_days_of_its_own_people(place):
    whole = chosen(place)
    first, last = whole.window_start_on, whole.window_end_on
    with place.database.transaction() as session:
        tools = (session, place.clock, place.entropy)
        later = a_part(whole, Choice(Source.SAMPLE, without=(("day", first.isoformat()),)), *tools)
        of_one_day = a_part(whole, Choice(Source.SAMPLE, only=(("day", last.isoformat()),)), *tools)
    assert (last - first).days == PEOPLE - 1
    assert (later.window_start_on, later.window_end_on) == (first + timedelta(days=1), last)
    assert (of_one_day.window_start_on, of_one_day.window_end_on) == (last, last)


@pytest.mark.parametrize(
    ("days", "window"),
    [
        (("2026-02-03", "2026-03-04", "2026-05-06"), (date(2026, 2, 3), date(2026, 5, 6))),
        (("2026-02-03", "", "2026-05-06"), (date(2026, 1, 10), date(2026, 9, 30))),
        (("Monday", "Tuesday", "Friday"), (date(2026, 1, 10), date(2026, 9, 30))),
        (("2026-02-03", "2026-03-04", "2027-05-06"), (date(2026, 1, 10), date(2026, 9, 30))),
        (None, (date(2026, 1, 10), date(2026, 9, 30))),
    ],
    ids=["every day told", "one unknown", "no dates", "beyond what was stated", "no days"],
)
def test_a_part_by_campaign_claims_its_days_where_all_are_told_and_else_those_within_which_it_lies(
    session, clock, entropy, days, window
):
    labels = {"campaign": ("spring", "bought", "spring", "spring")}
    if days is not None:
        labels["day"] = (days[0], "2026-01-10", *days[1:])
    blocks = {name: name for name in labels}
    whole = import_sample(session, clock, entropy, n=4, labels=labels, mapping=a_described_mapping(blocks=blocks))
    part = a_part(whole, Choice(Source.SAMPLE, without=(("campaign", "bought"),)), session, clock, entropy)
    assert (part.n, part.window_start_on, part.window_end_on) == (3, *window)


def test_days_do_not_tell_a_window_that_is_not_known(session, clock, entropy):
    mapping = a_described_mapping(collected="unknown", blocks={"day": "day"})
    labels = {"day": ("2026-02-03", "2026-03-04", "2026-03-04")}
    whole = import_sample(session, clock, entropy, n=3, labels=labels, mapping=mapping)
    part = a_part(whole, Choice(Source.SAMPLE, without=(("day", "2026-02-03"),)), session, clock, entropy)
    assert (part.n, part.window_start_on, part.window_end_on) == (2, None, None)
