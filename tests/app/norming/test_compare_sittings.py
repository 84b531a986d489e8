"""Decisions under a norm of founders wait for the comparison, and are made by it where it holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.accounts.grant_role import grant_role
from app.assessment.adopt_edition import adopt_edition
from app.assessment.models import PINNED, Edition, Sitting, SittingCheck, State
from app.assessment.pages import start_page
from app.assessment.queries import latest_edition
from app.assessment.scored_sittings import first_readings_under, first_sittings_under
from app.awarding.models import AwardDecision
from app.foundation import policies
from app.foundation.access import Actor, operator
from app.norming import founders_compared, queries
from app.norming.compare_sittings import compare_sittings
from app.norming.comparison import composites_of, shift_of
from app.norming.errors import NothingToCompare, TooFewToCompare
from app.norming.models import LegacySample, SittingComparison
from app.norming.policy import NormPolicy
from scoring.normal import NODES, normal_prior
from tests.app.assessment.builders import (
    SKILL,
    Place,
    SimulatedPerson,
    a_person,
    check_all,
    take,
    the_collaboration_bank,
)
from tests.app.norming.builders import EDITOR_ID, people
from tests.browser.normed_bank import adopt_a_norm, give_it_its_hash
from tests.journeys.at_a_standstill import run_jobs, with_signer

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EDITOR = Actor(None, "editor", frozenset({"norm_editor"}))
SEATED = 4


@pytest.fixture
def place(runtime) -> Place:
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    return place


@pytest.fixture
def norm_id(place):
    """A norm that may certify, made of founders; four first sittings would do to compare."""
    norm_id = a_norm(place)
    with place.database.transaction() as session:
        session.execute(update(LegacySample).values(is_founding=True))
    return norm_id


def a_norm(place: Place):
    norm_id = adopt_a_norm(place)
    give_it_its_hash(norm_id, place)
    return norm_id


def with_bound(place: Place, bound: float) -> None:
    values = {"compare_from_n": SEATED, "largest_founding_shift": bound}
    with place.database.transaction() as session:
        policies.set_policy(NormPolicy, values, session=session, at=place.clock.now(), actor=operator())


def seat(place: Place, count: int = SEATED) -> None:
    for seed in range(count):
        take(place, a_person(place), SimulatedPerson(place, 0.4 * seed - 0.6, 0.4 * seed - 0.6, seed).answer)
    check_all(place)


def compare(place: Place, norm_id):
    return place.do(
        lambda session: compare_sittings(
            norm_id, session=session, clock=place.clock, entropy=place.entropy, jobs=place.jobs, actor=EDITOR
        )
    )


def seat_an_editor(place: Place) -> None:
    with place.database.transaction() as session:
        people(session, place.clock.now())
        grant_role(EDITOR_ID, "norm_editor", session=session, clock=place.clock, actor=operator())


def decisions(place: Place) -> int:
    return place.do(lambda session: session.scalar(select(func.count()).select_from(AwardDecision)))


def test_decisions_wait_until_the_comparison_holds_and_are_then_made_once(place, norm_id, runtime, tmp_path):
    with_bound(place, 9.0)
    seat(place)
    working = with_signer(runtime, tmp_path)
    run_jobs(working)
    assert decisions(place) == 0
    with place.database.reading() as session:
        assert founders_compared.awards_wait(norm_id, session=session, at=place.clock.now())

    found = compare(place, norm_id)
    place.jobs.enqueued = {key: job for key, job in place.jobs.enqueued.items() if job[0] == "open_awards"}
    run_jobs(working)

    assert (found.n, found.holds) == (SEATED, True)
    assert decisions(place) == SEATED
    assert compare(place, norm_id) == found
    with place.database.reading() as session:
        assert not founders_compared.awards_wait(norm_id, session=session, at=place.clock.now())


def test_scores_are_compared_by_the_prior_that_their_sittings_began_from(place):
    heights = normal_prior(NODES, 0.2, 0.7) * 0.75 + normal_prior(NODES, 2.2, 0.6) * 0.25
    norm_id = adopt_a_norm(place, heights)
    give_it_its_hash(norm_id, place)
    with place.database.transaction() as session:
        session.execute(update(LegacySample).values(is_founding=True))
    with_bound(place, 9.0)
    seat(place)

    found = compare(place, norm_id)

    with place.database.reading() as session:
        norm, readings = queries.norm(norm_id, session=session), first_readings_under(norm_id, session=session)
    scores = composites_of(readings, norm.composite)
    group = {"norm_mean": norm.table.mean, "norm_sd": norm.latent_sd, "norm_n": norm.n}
    assert found.shift == shift_of(*scores, **group, prior=(norm.table.mean, norm.latent_sd)).shift
    assert abs(found.shift - shift_of(*scores, **group).shift) > 0.02


def test_a_comparison_that_does_not_hold_is_kept_and_opens_nothing(place, norm_id, runtime, tmp_path):
    with_bound(place, 0.01)
    seat(place)
    run_jobs(with_signer(runtime, tmp_path))

    assert not compare(place, norm_id).holds

    assert "open_awards" not in place.jobs.names()
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SittingComparison)) == 1
        assert founders_compared.awards_wait(norm_id, session=session, at=place.clock.now())


def test_after_a_comparison_that_failed_the_next_needs_half_as_many_sittings_again_and_a_wider_interval(
    place, norm_id, browser_of
):
    with_bound(place, 0.01)
    seat(place)
    assert compare(place, norm_id).percent == 90

    with pytest.raises(TooFewToCompare, match=r"4 first sittings .* 6 are needed"):
        compare(place, norm_id)
    seat_an_editor(place)
    card = browser_of(EDITOR_ID).get(f"/desk/norms/{norm_id}").text
    assert "90\N{NO-BREAK SPACE}% interval" in card
    assert "The next comparison needs 6 first sittings" in card
    seat(place, 2)
    again = compare(place, norm_id)

    assert (again.n, again.percent, again.holds) == (6, 98, False)
    with pytest.raises(TooFewToCompare, match="9 are needed"):
        compare(place, norm_id)


def test_under_a_wider_bound_the_comparison_is_a_first_one(place, norm_id):
    with_bound(place, 0.01)
    seat(place)
    assert not compare(place, norm_id).holds
    place.clock.advance(timedelta(days=1))
    with_bound(place, 9.0)

    found = compare(place, norm_id)

    assert (found.n, found.percent, found.holds) == (SEATED, 90, True)


def test_with_too_few_sittings_nothing_is_compared(place, norm_id):
    with_bound(place, 9.0)
    seat(place, SEATED - 1)

    with pytest.raises(TooFewToCompare, match="3 first sittings"):
        compare(place, norm_id)


@pytest.mark.parametrize(
    "set_aside",
    [
        update(Sitting).values(state=State.VOID.value),
        update(SittingCheck).values(tier=2),
        update(SittingCheck).values(verdict="not-sound"),
    ],
)
def test_what_a_norm_could_not_take_is_not_compared_with_the_founders(place, norm_id, set_aside):
    with_bound(place, 9.0)
    seat(place)
    place.do(lambda session: session.execute(set_aside))

    with pytest.raises(TooFewToCompare, match="0 first sittings"):
        compare(place, norm_id)
    with place.database.reading() as session:
        assert first_sittings_under(norm_id, most=SEATED, session=session) == 0


def that_waits(place: Place) -> None:
    with place.database.transaction() as session:
        session.execute(update(Edition).values(awards_wait=True))


def latest(place: Place) -> Edition:
    with place.database.reading() as session:
        return latest_edition(SKILL, "en", session=session)


def told_to_wait(place: Place) -> bool:
    """What the start page says to somebody who comes now."""
    person_id = a_person(place)
    with place.database.reading() as session:
        return start_page(person_id, SKILL, "en", session=session, at=place.clock.now()).awards_wait


def test_people_are_told_before_a_start_for_as_long_as_decisions_wait(place, norm_id):
    with_bound(place, 9.0)
    assert not told_to_wait(place)
    that_waits(place)
    before = latest(place)
    assert told_to_wait(place)

    seat(place)
    compare(place, norm_id)

    assert not told_to_wait(place)
    assert {name: getattr(latest(place), name) for name in PINNED} == {name: getattr(before, name) for name in PINNED}
    assert latest(place).exposure == before.exposure


def test_a_comparison_says_nothing_of_another_norm_that_took_force_meanwhile(place, norm_id):
    with_bound(place, 9.0)
    seat(place)
    former, other = latest(place), place.entropy.uuid()
    with place.database.transaction() as session:
        adopt_edition(
            SKILL, "en", former.release_id, former.calibration_id, norm_id=other, cut=1.2, awards_wait=True,
            session=session, at=place.clock.now(),
        )  # fmt: skip

    assert compare(place, norm_id).holds

    assert (latest(place).norm_id, latest(place).awards_wait) == (other, True)


def test_a_norm_of_other_people_waits_for_nothing(place):
    norm_id = a_norm(place)

    with place.database.reading() as session:
        assert not founders_compared.awards_wait(norm_id, session=session, at=place.clock.now())
    with pytest.raises(NothingToCompare):
        compare(place, norm_id)
