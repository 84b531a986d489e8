"""What the state of an item means for a sitting: who meets it, what counts, and that all of it can be recomputed."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from app.assessment.final_scores import final_score
from app.assessment.models import FrozenSitting, Sitting
from app.assessment.pages import ItemPage, current_page
from app.assessment.preview_suspension import SuspensionPreview, preview_suspension
from app.assessment.replay_sitting import replay_sitting
from app.foundation.access import operator
from app.item_bank import item_record
from app.item_bank.change_item_state import add_step, change_item_state
from app.item_bank.item_states import ItemState
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, a_policy, take

on_sqlite_alone = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part
SHORT = {"fewest_units": 12, "most_units": 12, "most_units_undecided": 12}


def to_state(
    place: Place, code: str, *states: ItemState, skill: str = SKILL, languages: tuple[str, ...] | None = None
) -> None:
    for state in states:
        place.do(
            lambda session, state=state: change_item_state(
                item_record.item_id_of(skill, code, session=session),
                state,
                reason="a test",
                languages=languages,
                session=session,
                clock=place.clock,
                actor=operator(),
            )
        )


def suspend(place: Place, code: str, **options: tuple[str, ...]) -> None:
    to_state(place, code, ItemState.SUSPENDED, **options)


def put(
    place: Place, state: ItemState, *codes_: str, skill: str = SKILL, languages: tuple[str, ...] = ("en", "fr")
) -> None:
    """Put items in a state that the way of life does not lead to from here; the way itself is tested with the bank."""

    def step(session) -> None:
        for code in codes_:
            item = item_record.found(item_record.item_id_of(skill, code, session=session), session=session)
            for language in languages:
                before = item_record.standing(item.id, language, session=session)
                given = {"session": session, "clock": place.clock, "actor": operator()}
                add_step(item, language, before, state, "a test", **given)

    place.do(step)


def page_of(place: Place, person_id: UUID, sitting_id: UUID) -> ItemPage:
    page = current_page(sitting_id, person_id, database=place.database, clock=place.clock, jobs=place.jobs)
    assert isinstance(page, ItemPage)
    return page


def codes(place: Place, sitting_id: UUID) -> list[str]:
    return [shown.item_code for shown in place.shown(sitting_id)]


def finish(place: Place, person_id: UUID, sitting_id: UUID, person: SimulatedPerson) -> None:
    for _ in range(60):
        position = len(place.shown(sitting_id))
        code = place.shown(sitting_id)[-1].item_code
        if place.respond(person_id, sitting_id, position, person.answer(code)).state != "open":
            return


def units(place: Place, sitting_id: UUID) -> dict[str, list]:
    frozen = place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    return {unit[0]: unit[1:] for unit in json.loads(frozen.responses)["units"]}


def replays(place: Place, sitting_id: UUID) -> tuple[str, ...]:
    return place.do(lambda session: replay_sitting(sitting_id, session=session)).differences


def preview(place: Place, code: str, language: str = "en") -> SuspensionPreview:
    return place.do(
        lambda session: preview_suspension(
            [item_record.item_id_of(SKILL, code, session=session)], [language], session=session
        )
    )


@pytest.fixture
def person(place: Place) -> SimulatedPerson:
    a_normed_skill(place, scenario_slope=1.5)
    return SimulatedPerson(place, 0.8, 0.8)


def test_edge_026_an_item_suspended_while_it_is_shown_is_replaced_at_once(place: Place, person) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=3)
    faulty = codes(place, sitting_id)[-1]
    assert page_of(place, me, sitting_id).item.code == faulty
    suspend(place, faulty)
    page = page_of(place, me, sitting_id)
    assert (page.item.code != faulty, page.position) == (True, 5)
    assert page_of(place, me, sitting_id) == page
    finish(place, me, sitting_id, person)
    assert codes(place, sitting_id).count(faulty) == 1
    assert units(place, sitting_id)[faulty][1:] == [None, None, "out"]
    assert replays(place, sitting_id) == ()


def test_edge_026_an_answer_on_its_way_to_a_suspended_item_is_kept_and_not_scored(place: Place, person) -> None:
    """The page was open already: the answer is acknowledged, the next item comes, and it counts for nothing."""
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=3)
    faulty = codes(place, sitting_id)[-1]
    suspend(place, faulty)
    given = person.answer(faulty)
    recorded = place.respond(me, sitting_id, 4, given)
    assert (recorded.value, recorded.current_position) == (given, 5)
    finish(place, me, sitting_id, person)
    assert units(place, sitting_id)[faulty][1:] == [None, given, "out"]
    assert replays(place, sitting_id) == ()


def test_edge_026_an_answer_given_before_the_suspension_is_missing_in_the_score(place: Place, person) -> None:
    a_policy(place, **SHORT)
    me, other = a_person(place), a_person(place)
    sitting_id = take(place, me, person.answer, most=4)
    faulty = codes(place, sitting_id)[1]
    finished = take(place, other, person.answer)
    suspend(place, faulty)
    finish(place, me, sitting_id, person)
    score = place.do(lambda session: final_score(sitting_id, session=session))
    assert score.units == 12
    assert len(codes(place, sitting_id)) == 13
    assert units(place, sitting_id)[faulty][1] is None
    assert place.sitting(sitting_id).item_states_at > 0
    assert replays(place, sitting_id) == replays(place, finished) == ()


def test_edge_026_a_retired_item_that_was_shown_is_kept_and_one_not_yet_shown_never_comes(place: Place, person) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=3)
    shown = codes(place, sitting_id)
    to_state(place, shown[-1], ItemState.RETIRED)
    to_state(place, shown[0], ItemState.RETIRED)
    unseen = [code for code in ("col-s01", "col-s02", "col-j01", "col-j02", "col-j03") if code not in shown]
    for code in unseen:
        to_state(place, code, ItemState.RETIRED)
    assert page_of(place, me, sitting_id).item.code == shown[-1]
    finish(place, me, sitting_id, person)
    assert not set(unseen) & set(codes(place, sitting_id))
    kept = units(place, sitting_id)
    assert [kept[code][1] is not None for code in (shown[0], shown[-1])] == [True, True]
    assert replays(place, sitting_id) == ()


@on_sqlite_alone
def test_a_sitting_scored_before_a_suspension_stays_as_it_was_scored_and_replays_to_the_bit(place, person) -> None:
    sitting_id = take(place, a_person(place), person.answer)
    before = place.do(lambda session: final_score(sitting_id, session=session))
    for code in codes(place, sitting_id)[:3]:
        suspend(place, code)
    assert place.do(lambda session: final_score(sitting_id, session=session)) == before
    assert replays(place, sitting_id) == ()


@on_sqlite_alone
def test_a_suspension_that_is_lifted_brings_the_item_back_and_what_was_scored_meanwhile_stays(place, person) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=4)
    early = codes(place, sitting_id)[0]
    suspend(place, early)
    finish(place, me, sitting_id, person)
    to_state(place, early, ItemState.ACTIVE)
    assert units(place, sitting_id)[early][1] is None
    assert replays(place, sitting_id) == ()
    other = a_person(place)
    later = take(place, other, person.answer, most=4)
    suspend(place, codes(place, later)[0])
    to_state(place, codes(place, later)[0], ItemState.ACTIVE)
    finish(place, other, later, person)
    assert units(place, later)[codes(place, later)[0]][1] is not None
    assert replays(place, later) == ()


@on_sqlite_alone
def test_edge_088_an_item_suspended_in_one_language_goes_on_in_the_other(place: Place, person) -> None:
    a_policy(place, **SHORT)
    kept = {"col-j01", "col-j02", "col-j03", "col-j04", "col-j05", "col-j06"}
    for number in range(1, 13):
        if (code := f"col-j{number:02d}") not in kept:
            suspend(place, code, languages=("fr",))
    french = take(place, a_person(place), person.answer, language="fr")
    english = take(place, a_person(place), person.answer)
    scenarios = {code for code in codes(place, french) if code.startswith("col-j")}
    assert scenarios <= kept
    assert not {code for code in codes(place, english) if code.startswith("col-j")} <= kept
    assert replays(place, french) == replays(place, english) == ()


@on_sqlite_alone
def test_edge_027_an_item_found_faulty_afterwards_is_previewed_with_old_new_and_change_of_decision(
    place: Place, person
) -> None:
    """A preview alone: applying it is a decision of two people, and nothing is changed by looking."""
    people = [SimulatedPerson(place, 1.1 + 0.1 * number, 1.2, seed=number) for number in range(6)]
    finished = [take(place, a_person(place), one.answer) for one in people]
    waiting = a_person(place)
    open_id = take(place, waiting, person.answer, most=5)
    answered, current = codes(place, open_id)[1], codes(place, open_id)[-1]
    scores = {one: place.do(lambda session, one=one: final_score(one, session=session)) for one in finished}
    for code in {code for one in finished for code in codes(place, one)} | {answered, current}:
        seen = preview(place, code)
        assert seen.showing == (code == current)
        assert seen.answered == (code in codes(place, open_id)[:-1])
        assert seen.finished == len(seen.rescored) == sum(code in codes(place, one) for one in finished)
        for one in seen.rescored:
            assert one.probability_before == scores[one.sitting_id].probability_above
            assert one.probability_after is not None
            assert one.probability_after != one.probability_before
        limit = seen.rescored[0] if seen.rescored else None
        if limit is not None and limit.probability_before is not None and limit.probability_after is not None:
            between = (limit.probability_before + limit.probability_after) / 2
            assert limit in seen.changed(between)
            assert limit not in seen.changed(1.1)
    for one in finished:
        assert place.do(lambda session, one=one: final_score(one, session=session)) == scores[one]
    suspend(place, answered)
    assert preview(place, answered).answered == 0


@on_sqlite_alone
def test_edge_028_a_bank_exhausted_by_suspensions_repeats_nothing_and_ends_at_the_precision_reached(
    place: Place, person
) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=10)
    shown = set(codes(place, sitting_id))
    for number in range(1, 25):
        for code in (f"col-s{number:02d}", f"col-j{number:02d}"):
            if code not in shown and (code[4] == "s" or number <= 12):
                suspend(place, code)
    finish(place, me, sitting_id, person)
    ended = place.sitting(sitting_id)
    assert (ended.state, ended.stop_reason) == ("completed", "bank-exhausted")
    assert len(set(codes(place, sitting_id))) == len(codes(place, sitting_id)) == 11
    assert replays(place, sitting_id) == ()


@on_sqlite_alone
def test_edge_028_a_retake_that_uses_the_bank_up_shows_nothing_again_that_it_must_not(place: Place, person) -> None:
    a_policy(place, **SHORT)
    me = a_person(place)
    first_id = take(place, me, person.answer)
    place.clock.advance(timedelta(days=31))
    a_policy(place, fewest_units=36, most_units=40, most_units_undecided=40)  # more than are left
    again = place.sitting(take(place, me, person.answer))
    former, asked = codes(place, first_id), codes(place, again.id)
    assert (again.state, again.stop_reason) == ("completed", "bank-exhausted")
    assert len(asked) == len(set(asked)) == 36 - len(again.avoided_items)
    assert len(again.avoided_items) >= len(former) - 2, "a fifth of the statements may come again"
    assert not set(again.avoided_items) & set(asked)
    assert replays(place, again.id) == ()


@on_sqlite_alone
def test_a_watched_item_is_scored_and_a_draft_or_reviewed_one_is_shown_to_nobody(place: Place, person) -> None:
    a_policy(place, **SHORT)
    shown = codes(place, take(place, a_person(place), person.answer))
    put(place, ItemState.WATCHED, *shown)
    hidden = [code for code in (f"col-s{number:02d}" for number in range(1, 25)) if code not in shown][:14]
    put(place, ItemState.DRAFT, *hidden[:7])
    put(place, ItemState.REVIEWED, *hidden[7:])
    again = take(place, a_person(place), SimulatedPerson(place, -1.0, -1.0, seed=3).answer)
    assert place.do(lambda session: final_score(again, session=session)).units == 12
    assert set(shown) & set(codes(place, again))
    assert not set(hidden) & set(codes(place, again))
    assert replays(place, again) == ()


@on_sqlite_alone
def test_pilot_items_take_their_few_positions_and_count_for_nobody(place: Place, person) -> None:
    a_policy(place, **SHORT)
    pilots = ("col-s01", "col-s02", "col-s03", "col-j01", "col-j02")
    put(place, ItemState.PILOT, *pilots)
    places = set()
    for number in range(4):
        who = SimulatedPerson(place, 0.5, 0.5, seed=number)
        sitting_id = take(place, a_person(place), who.answer)
        asked = [code for code in codes(place, sitting_id) if code in pilots]
        places |= {codes(place, sitting_id).index(code) + 1 for code in asked}
        assert len(asked) == 2
        score = place.do(lambda session, one=sitting_id: final_score(one, session=session))
        assert (score.units, len(codes(place, sitting_id))) == (12, 14)
        for code in asked:
            _, category, value, role = units(place, sitting_id)[code]
            assert (category is not None, value is not None, role) == (True, True, "pilot")
        assert replays(place, sitting_id) == ()
    assert min(places) >= 2
    assert len(places) > 3


@on_sqlite_alone
def test_an_item_that_leaves_pilot_in_mid_sitting_stays_unscored_in_it(place: Place, person) -> None:
    a_policy(place, pilot_units=1)
    put(place, ItemState.PILOT, "col-j01")
    me = a_person(place)
    sitting_id = place.start(me).sitting_id
    while "col-j01" not in codes(place, sitting_id):
        place.respond(me, sitting_id, len(codes(place, sitting_id)), person.answer(codes(place, sitting_id)[-1]))
    to_state(place, "col-j01", ItemState.ACTIVE)
    finish(place, me, sitting_id, person)
    assert units(place, sitting_id)["col-j01"][-1] == "pilot"
    assert replays(place, sitting_id) == ()


@on_sqlite_alone
def test_another_record_of_what_was_out_does_not_replay(place: Place, person) -> None:
    """The recorded step is what makes it come out again: moved, the replay sees it."""
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=4)
    suspend(place, codes(place, sitting_id)[0])
    finish(place, me, sitting_id, person)
    assert replays(place, sitting_id) == ()

    def move(session) -> None:
        session.get_one(Sitting, sitting_id).item_states_at = 0

    place.do(move)
    assert replays(place, sitting_id) != ()
