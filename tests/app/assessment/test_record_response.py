from __future__ import annotations

import re
from datetime import timedelta
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.assessment.errors import (
    NotYetAnswered,
    PositionClosed,
    ResponseInvalid,
    SittingClosed,
    SittingNotFound,
)
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import FrozenSitting, Presentation
from app.assessment.present_next_item import present_next_item
from app.assessment.record_response import Foreseen, Recorded, record_response
from tests.app.assessment.builders import Place, SimulatedPerson, a_normed_skill, a_person, a_policy, all_at_once, take
from tests.app.assessment.test_item_states import suspend


def _begun(place: Place, **skill: Any) -> tuple[UUID, UUID, SimulatedPerson]:
    a_normed_skill(place, **skill)
    person_id = a_person(place)
    return person_id, place.start(person_id).sitting_id, SimulatedPerson(place, 0.4, 0.4)


def _answers(place: Place, person: SimulatedPerson, sitting_id: UUID, count: int) -> list[Any]:
    """`count` different values for the current item."""
    item = place.item(place.shown(sitting_id)[-1].item_code)
    if item.kind == "statement":
        return list(range(item.categories))[:count]
    options = len(item.content["options"])
    return [[1 + (shift + option) % 6 for option in range(options)] for shift in range(count)]


def _next(place: Place, sitting_id: UUID, after: int) -> Any:
    return place.do(lambda session: present_next_item(sitting_id, after=after, session=session, clock=place.clock))


def test_a_confirmed_response_is_kept_and_the_next_item_is_presented(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    recorded = place.respond(person_id, sitting_id, 1, value)
    assert (recorded.value, recorded.current_position, recorded.moved_on) == (value, 2, True)
    assert [shown.position for shown in place.shown(sitting_id)] == [1, 2]


def test_case_005_a_response_whose_transaction_dies_is_not_kept_and_not_acknowledged(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)

    class PowerCutError(Exception):
        pass

    def dies(session: Session) -> None:
        recorded = record_response(
            sitting_id,
            1,
            value,
            client_sequence=1,
            confirm=True,
            person_id=person_id,
            session=session,
            clock=place.clock,
            jobs=place.jobs,
        )
        raise PowerCutError(recorded)

    with pytest.raises(PowerCutError):
        place.do(dies)
    assert place.kept(sitting_id) == []
    assert len(place.shown(sitting_id)) == 1
    assert place.respond(person_id, sitting_id, 1, value).current_position == 2


@pytest.mark.parametrize("seed", range(4))
def test_case_007_of_shuffled_repeated_and_late_writes_the_highest_client_sequence_wins(
    place: Place, seed: int
) -> None:
    person_id, sitting_id, person = _begun(place)
    values = _answers(place, person, sitting_id, 4) * 2
    writes = [(sequence, values[sequence - 1]) for sequence in range(1, 9)]
    order = [*Random(seed).sample(writes + writes[:3], 11), writes[0]]
    acknowledged = [
        place.respond(person_id, sitting_id, 1, value, sequence=sequence, confirm=False) for sequence, value in order
    ]
    (kept,) = place.kept(sitting_id)
    assert (kept.client_sequence, kept.value) == writes[-1]
    for (sequence, value), recorded in zip(order, acknowledged, strict=True):
        assert recorded.client_sequence >= sequence
        assert recorded.is_superseded == (recorded.client_sequence > sequence and recorded.value != value)


def test_case_007_two_tabs_writing_at_once_leave_the_highest_sequence(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    values = _answers(place, person, sitting_id, 4) * 2
    outcomes = all_at_once(
        8, lambda number: place.respond(person_id, sitting_id, 1, values[number], sequence=number + 1, confirm=False)
    )
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
    (kept,) = place.kept(sitting_id)
    assert (kept.client_sequence, kept.value) == (8, values[7])


def test_case_007_a_late_draft_of_the_first_tab_does_not_replace_the_newer_one_after_the_next_item_came(
    place: Place,
) -> None:
    person_id, sitting_id, person = _begun(place)
    first, second, *_ = _answers(place, person, sitting_id, 3)
    place.respond(person_id, sitting_id, 1, first, sequence=1, confirm=False)
    place.respond(person_id, sitting_id, 1, second, sequence=2)
    for late in ((first, 1), (first, 3)):
        with pytest.raises(PositionClosed) as refusal:
            place.respond(person_id, sitting_id, 1, late[0], sequence=late[1], confirm=False)
        assert refusal.value.kept == second
        assert "elsewhere" in str(refusal.value)
    assert [(kept.value, kept.client_sequence) for kept in place.kept(sitting_id)] == [(second, 2)]


def test_case_008_after_completion_in_one_browser_a_post_in_another_is_refused_and_told_what_counts(
    place: Place,
) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person_id = a_person(place)
    sitting_id = take(place, person_id, SimulatedPerson(place, -1, -1).answer)
    before = place.kept(sitting_id)
    last = before[-1]
    other = [7 - rating for rating in last.value] if isinstance(last.value, list) else (last.value + 1) % 5
    with pytest.raises(SittingClosed) as refusal:
        place.respond(person_id, sitting_id, last.position, other, sequence=last.client_sequence + 1)
    frozen = place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    assert refusal.value.sha256 == frozen.sha256
    assert frozen.sha256[:12] in str(refusal.value)
    assert [(kept.value, kept.client_sequence) for kept in place.kept(sitting_id)] == [
        (kept.value, kept.client_sequence) for kept in before
    ]


def test_case_018_resuming_and_asking_for_the_next_item_fifty_times_shows_each_item_once(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    for position in range(1, 4):
        code = place.shown(sitting_id)[-1].item_code
        for _ in range(50):
            assert place.start(person_id).sitting_id == sitting_id
        assert {_next(place, sitting_id, position - 1).code for _ in range(50)} == {code}
        place.respond(person_id, sitting_id, position, person.answer(code))
    shown = place.shown(sitting_id)
    assert [one.position for one in shown] == [1, 2, 3, 4]
    assert len({one.item_code for one in shown}) == 4


def test_case_018_eight_parallel_next_present_one_item(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    for position in range(1, 6):
        value = person.answer(place.shown(sitting_id)[-1].item_code)
        outcomes = all_at_once(8, lambda _, p=position, v=value: place.respond(person_id, sitting_id, p, v))
        assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
        assert len(place.shown(sitting_id)) == position + 1


def test_case_018_the_database_itself_admits_an_item_once_in_a_sitting(place: Place) -> None:
    _, sitting_id, _ = _begun(place)
    (first,) = place.shown(sitting_id)
    again = Presentation(
        sitting_id=sitting_id,
        position=2,
        item_id=first.item_id,
        item_code=first.item_code,
        kind=first.kind,
        presented_at=place.clock.now(),
    )
    with pytest.raises(IntegrityError):
        place.do(lambda session: (session.add(again), session.flush()))


def test_edge_019_a_repeated_post_gets_the_same_answer_and_leaves_one_response(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    first, second = (place.respond(person_id, sitting_id, 1, value, sequence=5) for _ in range(2))
    assert first == second
    assert len(place.kept(sitting_id)) == 1


def test_edge_020_the_window_that_did_not_follow_is_told_and_loses_nothing(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    here, there, *_ = _answers(place, person, sitting_id, 3)
    place.respond(person_id, sitting_id, 1, there, sequence=9, confirm=False)
    told = place.respond(person_id, sitting_id, 1, here, sequence=2)
    assert told.is_superseded
    assert not told.moved_on
    assert (told.value, told.client_sequence) == (there, 9)


def test_edge_021_a_response_that_arrives_twenty_minutes_late_is_kept_with_the_servers_time(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    arrived_at = place.clock.advance(timedelta(minutes=20))
    assert place.respond(person_id, sitting_id, 1, value).received_at == arrived_at


def test_edge_022_after_a_restart_the_same_item_is_shown_because_the_choice_was_stored(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    place.respond(person_id, sitting_id, 1, person.answer(place.shown(sitting_id)[0].item_code))
    code = place.shown(sitting_id)[-1].item_code
    place.database.dispose()  # every connection and every bank in memory is gone
    assert _next(place, sitting_id, 1).code == code


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_while_nobody_else_may_write_a_response_reads_four_times_and_writes_twice(place: Place) -> None:
    a_policy(place, most_units=41)
    person_id, sitting_id, person = _begun(place)
    asked: list[str] = []
    for position in (1, 2):  # what never changes is known after the first
        value = person.answer(place.shown(sitting_id)[-1].item_code)
        if position == 2:
            event.listen(place.database.writing, "before_cursor_execute", lambda *given: asked.append(given[2]))
        place.respond(person_id, sitting_id, position, value)
    tables = [re.search(r"(?:FROM|INTO) (\w+)", statement) for statement in asked]
    assert [found and found.group(1) for found in tables] == [
        "sitting",
        "presentation",
        "item_state_change",
        "consent",
        "response",
        "presentation",
    ]


def test_edge_023_going_back_never_reopens_a_closed_position(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    first, second, *_ = _answers(place, person, sitting_id, 3)
    place.respond(person_id, sitting_id, 1, first)
    with pytest.raises(PositionClosed, match="go on from there"):
        place.respond(person_id, sitting_id, 1, second, sequence=2)


def test_edge_025_an_answer_that_is_not_whole_is_kept_as_far_as_it_goes_and_the_position_stays(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    for position in range(1, 10):
        shown = place.shown(sitting_id)[-1]
        if shown.kind == "scenario":
            break
        place.respond(person_id, sitting_id, position, person.answer(shown.item_code))
    ratings = [3] + [None] * (len(person.answer(shown.item_code)) - 1)
    recorded = place.respond(person_id, sitting_id, shown.position, ratings)
    assert (recorded.is_whole, recorded.moved_on, recorded.value) == (False, False, ratings)
    recorded = place.respond(person_id, sitting_id, shown.position, None, sequence=2)
    assert (recorded.is_whole, recorded.moved_on) == (False, False)


def test_the_next_item_waits_for_the_current_answer(place: Place) -> None:
    _, sitting_id, _ = _begun(place)
    with pytest.raises(NotYetAnswered):
        _next(place, sitting_id, 1)


@pytest.mark.parametrize("value", [-1, 5, 99, 1.0, "1", True, [1], {"a": 1}, "did not arise"])
def test_a_value_the_item_does_not_offer_is_refused_by_name(place: Place, value: Any) -> None:
    person_id, sitting_id, person = _begun(place)
    for position in range(1, 10):
        shown = place.shown(sitting_id)[-1]
        if shown.kind == "statement":
            break
        place.respond(person_id, sitting_id, position, person.answer(shown.item_code))
    with pytest.raises(ResponseInvalid):
        place.respond(person_id, sitting_id, shown.position, value)


@pytest.mark.parametrize(("position", "sequence"), [(0, 1), (2, 1), (1, 0), (1, 2**53)])
def test_a_position_or_number_out_of_range_is_refused(place: Place, position: int, sequence: int) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    with pytest.raises(ResponseInvalid):
        place.respond(person_id, sitting_id, position, value, sequence=sequence)


def test_edge_024_another_persons_sitting_does_not_exist(place: Place) -> None:
    _, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    with pytest.raises(SittingNotFound):
        place.respond(a_person(place), sitting_id, 1, value)


def test_every_order_of_three_writes_leaves_one_row_with_the_newest(place: Place) -> None:
    a_normed_skill(place)
    for order in permutations((1, 2, 3)):
        person_id = a_person(place)
        sitting_id = place.start(person_id).sitting_id
        values = _answers(place, SimulatedPerson(place, 0, 0), sitting_id, 3)
        for sequence in order:
            place.respond(person_id, sitting_id, 1, values[sequence - 1], sequence=sequence, confirm=False)
        assert [kept.value for kept in place.kept(sitting_id)] == [values[2]]


def test_positions_count_up_without_a_gap_to_the_end(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = take(place, a_person(place), SimulatedPerson(place, 1.3, 1.3).answer)
    count = place.do(
        lambda session: session.scalar(
            select(func.count()).select_from(Presentation).where(Presentation.sitting_id == sitting_id)
        )
    )
    assert [shown.position for shown in place.shown(sitting_id)] == list(range(1, (count or 0) + 1))
    assert len(place.kept(sitting_id)) == count


def _respond_as_foreseen(
    place: Place, person_id: UUID, sitting_id: UUID, position: int, value: Any, foreseen: Foreseen | None
) -> Recorded:
    return place.do(
        lambda session: record_response(
            sitting_id,
            position,
            value,
            client_sequence=2,
            confirm=True,
            person_id=person_id,
            session=session,
            clock=place.clock,
            jobs=place.jobs,
            foreseen=foreseen,
        )
    )


def test_what_was_foreseen_is_what_would_have_been_chosen(place: Place) -> None:
    """At every position of a whole sitting."""
    person_id, sitting_id, person = _begun(place)
    foreseen_and_shown = []
    while place.sitting(sitting_id).is_open:
        position = len(place.shown(sitting_id))
        value = person.answer(place.shown(sitting_id)[-1].item_code)
        foreseen = place.foresee(person_id, sitting_id, position, value)
        _respond_as_foreseen(place, person_id, sitting_id, position, value, None)
        shown = place.shown(sitting_id)[position:]
        foreseen_and_shown.append((foreseen and foreseen.chosen.code, shown[0].item_code if shown else None))
    assert len(foreseen_and_shown) >= 12
    assert all(seen == shown for seen, shown in foreseen_and_shown)
    assert foreseen_and_shown[-1] == (None, None)


def test_nothing_is_concluded_from_what_another_window_changed_since(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    first, second, *_ = _answers(place, person, sitting_id, 3)
    foreseen = place.foresee(person_id, sitting_id, 1, first)
    assert foreseen is not None
    place.respond(person_id, sitting_id, 1, second)
    with pytest.raises(PositionClosed):
        _respond_as_foreseen(place, person_id, sitting_id, 1, first, foreseen)
    assert [kept.value for kept in place.kept(sitting_id)] == [second]
    assert len(place.shown(sitting_id)) == 2


def test_a_newer_draft_kept_since_is_not_replaced(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    first, second, *_ = _answers(place, person, sitting_id, 3)
    foreseen = place.foresee(person_id, sitting_id, 1, first)
    place.respond(person_id, sitting_id, 1, second, sequence=3, confirm=False)
    assert _respond_as_foreseen(place, person_id, sitting_id, 1, first, foreseen).is_superseded
    assert [kept.value for kept in place.kept(sitting_id)] == [second]


def test_an_item_suspended_since_is_not_shown(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    foreseen = place.foresee(person_id, sitting_id, 1, value)
    assert foreseen is not None
    suspend(place, foreseen.chosen.code)
    _respond_as_foreseen(place, person_id, sitting_id, 1, value, foreseen)
    assert place.shown(sitting_id)[1].item_code != foreseen.chosen.code


def test_a_sitting_left_since_takes_nothing_more(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    foreseen = place.foresee(person_id, sitting_id, 1, value)
    given = {"person_id": person_id, "clock": place.clock, "jobs": place.jobs}
    place.do(lambda session: leave_sitting(sitting_id, session=session, **given))
    with pytest.raises(SittingClosed):
        _respond_as_foreseen(place, person_id, sitting_id, 1, value, foreseen)


def test_a_sitting_whose_last_moment_passed_since_ends_and_takes_no_further_item(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    foreseen = place.foresee(person_id, sitting_id, 1, value)
    place.clock.instant = place.sitting(sitting_id).resumable_until + timedelta(seconds=1)
    _respond_as_foreseen(place, person_id, sitting_id, 1, value, foreseen)
    assert not place.sitting(sitting_id).is_open
    assert len(place.shown(sitting_id)) == 1


def test_of_another_persons_sitting_nothing_is_foreseen(place: Place) -> None:
    person_id, sitting_id, person = _begun(place)
    value = person.answer(place.shown(sitting_id)[0].item_code)
    assert place.foresee(a_person(place), sitting_id, 1, value) is None
    assert place.foresee(person_id, sitting_id, 2, value) is None
    assert place.foresee(person_id, sitting_id, 1, "nonsense") is None
