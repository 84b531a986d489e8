"""The sittings of two accounts, judged as one person's: in order of time, by the waits and the limit of the start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts.errors import AccountMerged
from app.accounts.models import Person
from app.assessment.allow_sitting import allow_sitting
from app.assessment.errors import YearlyLimitReached
from app.assessment.leave_sitting import leave_sitting
from app.assessment.merge_sittings import hold_beginnings, merge_sittings
from app.assessment.merged_sittings import MergedSitting, merged_sittings
from app.assessment.models import RetakeTrace, Sitting, SittingAllowance
from app.foundation.access import operator
from tests.app.assessment.builders import SKILL, Place, a_normed_skill, a_person


@pytest.fixture
def both(place: Place) -> tuple[UUID, UUID]:
    """The account that stays, and the one that leaves."""
    a_normed_skill(place)
    return a_person(place), a_person(place)


def sit(place: Place, person_id: UUID) -> UUID:
    """Begin and leave: waits and limit count it."""
    sitting_id = place.start(person_id).sitting_id
    place.do(
        lambda session: leave_sitting(
            sitting_id, person_id=person_id, session=session, clock=place.clock, jobs=place.jobs
        )
    )
    return sitting_id


def judged(place: Place, both: tuple[UUID, UUID]) -> dict[UUID, MergedSitting]:
    return {one.id: one for one in place.do(lambda session: merged_sittings(*both, session=session))}


def merge(place: Place, both: tuple[UUID, UUID]) -> None:
    def carry_out(session) -> None:
        hold_beginnings(*both, session=session)
        merge_sittings(*both, asked_by=None, session=session, clock=place.clock, actor=operator())

    place.do(carry_out)


def test_edge_064_a_fourth_sitting_of_the_year_over_two_accounts_is_one_too_many(place: Place, both: tuple[UUID, UUID]):
    staying, leaving = both
    taken = []
    for person_id, days in ((staying, 100), (leaving, 100), (staying, 100), (leaving, 60)):
        taken.append(sit(place, person_id))
        place.clock.advance(timedelta(days=days))
    found = judged(place, both)
    assert [found[one].is_beyond for one in taken] == [False, False, False, True]
    assert found[taken[3]].by_limit
    merge(place, both)
    with pytest.raises(YearlyLimitReached):  # three of one person stand within the year
        place.start(staying)
    rows = {row.id: row for row in place.sittings()}
    assert {row.person_id for row in rows.values()} == {staying}
    assert [rows[one].state for one in taken] == ["abandoned", "abandoned", "abandoned", "void"]
    assert [rows[one].first_of_skill for one in taken] == [True, False, False, False]
    assert not any(one.is_beyond for one in judged(place, both).values() if one.id != taken[3])


@pytest.mark.long
def test_edge_064_a_wait_is_counted_from_the_sitting_before_whichever_account_it_stood_on(
    place: Place, both: tuple[UUID, UUID]
):
    staying, leaving = both
    first = sit(place, leaving)
    place.clock.advance(timedelta(days=29))
    too_soon = sit(place, staying)
    place.clock.advance(timedelta(days=1))
    in_time = sit(place, leaving)  # thirty days after the one that counts
    found = judged(place, both)
    assert [found[one].is_beyond for one in (first, too_soon, in_time)] == [False, True, False]
    assert not found[too_soon].by_limit
    assert found[too_soon].from_at == found[first].ended_at + timedelta(days=30)


@pytest.mark.long
def test_what_a_person_granted_and_what_erased_accounts_left_are_counted_as_at_every_start(
    place: Place, both: tuple[UUID, UUID]
):
    staying, leaving = both
    sit(place, staying)

    def grant_and_remember(session) -> None:
        allow_sitting(leaving, SKILL, cause="case:1", session=session, clock=place.clock, entropy=place.entropy,
                      actor=operator())  # fmt: skip
        lineage = place.entropy.uuid()
        session.get_one(Person, leaving).lineage_id = lineage
        day = place.clock.now().date() - timedelta(days=200)
        session.add(RetakeTrace(lineage_id=lineage, skill=SKILL, started_on=day, ended_on=day, had_norm=True,
                                kept_until_at=place.clock.now() + timedelta(days=100)))  # fmt: skip

    place.do(grant_and_remember)
    granted = sit(place, leaving)
    found = judged(place, both)
    assert found[granted].is_granted
    assert not found[granted].is_beyond
    place.clock.advance(timedelta(days=89))
    late = sit(place, leaving)  # ninety days after the second that counts: the trace and the first of these
    assert judged(place, both)[late].is_beyond
    merge(place, both)
    owners = place.do(lambda session: session.scalars(select(SittingAllowance.person_id)).all())
    assert owners == [staying]
    assert place.do(lambda session: session.get_one(Sitting, granted).state) == "abandoned"


@pytest.mark.long
def test_who_begins_while_the_accounts_are_merged_waits_and_is_told(place: Place, both: tuple[UUID, UUID]):
    staying, leaving = both
    is_held = Event()

    def carry_out(session) -> None:
        hold_beginnings(*both, session=session)
        is_held.set()
        sleep(0.3)  # the other one has read everything by then but for what stands behind the lock
        session.get_one(Person, leaving).merged_into_id = staying

    with ThreadPoolExecutor(1) as pool:
        merging = pool.submit(place.do, carry_out)
        assert is_held.wait(10)
        with pytest.raises(AccountMerged):
            place.start(leaving)
        merging.result()
    assert place.sittings() == []
