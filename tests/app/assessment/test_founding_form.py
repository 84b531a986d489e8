"""Founding forms: balanced, rotated over the bank, drawn once each, and what founders were promised."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from app.assessment.founding_form import draw_form
from app.assessment.founding_progress import founding_progress, waiting_founders
from app.assessment.models import FoundingForm, FoundingPromise
from app.assessment.note_founder_told import note_founder_told
from app.assessment.policy import SittingPolicy
from app.assessment.queries import latest_edition
from app.assessment.replay_sitting import replay_sitting
from app.assessment.void_sitting import void_sitting
from app.foundation.access import system
from app.item_bank import queries as item_bank
from app.item_bank.item_states import ItemState
from app.item_bank.queries import ItemView
from tests.app.assessment.builders import (
    Place,
    SimulatedPerson,
    a_normed_skill,
    a_person,
    all_at_once,
    check_all,
    take,
)
from tests.app.assessment.test_item_states import put, suspend, to_state

POLICY = SittingPolicy()
FACETS = ("a", "b", "c", "d")


def a_bank(statements: int = 60, scenarios: int = 30) -> list[ItemView]:
    kinds = [("statement", statements), ("scenario", scenarios)]
    return [
        ItemView(None, f"{kind[:3]}-{number:02d}", kind, FACETS[number % 4], {}, 1, 5)
        for kind, count in kinds
        for number in range(count)
    ]


def drawn_one_after_the_other(count: int) -> tuple[list[tuple[str, ...]], Counter]:
    bank, drawn, forms = a_bank(), Counter(), []
    for number in range(1, count + 1):
        forms.append(draw_form(bank, drawn, number, POLICY))
        drawn.update(forms[-1])
    return forms, drawn


def forms_of(place: Place) -> list[FoundingForm]:
    return place.do(lambda session: list(session.scalars(select(FoundingForm).order_by(FoundingForm.number))))


def test_a_form_has_its_units_of_both_kinds_and_equal_shares_of_every_facet():
    forms, _ = drawn_one_after_the_other(40)
    facets = {item.code: item.facet for item in a_bank()}

    for form in forms:
        assert len(set(form)) == 18
        for kind, count in (("sta", 10), ("sce", 8)):
            of_kind = [code for code in form if code.startswith(kind)]
            shares = Counter(facets[code] for code in of_kind)
            assert len(of_kind) == count
            assert max(shares.values()) - min(shares.values()) <= 1
            assert len(shares) == 4


def test_rotation_is_even_over_each_facet_and_nearly_so_over_the_bank():
    _, drawn = drawn_one_after_the_other(300)
    facets = {item.code: item.facet for item in a_bank()}

    for kind, most in (("sta", 5), ("sce", 12)):
        for facet in FACETS:
            counts = [count for code, count in drawn.items() if code.startswith(kind) and facets[code] == facet]
            assert max(counts) - min(counts) <= 1
        every = [drawn[item.code] for item in a_bank() if item.code.startswith(kind)]
        assert max(every) - min(every) <= most


def test_needy_items_come_first_and_the_same_state_draws_the_same_form():
    drawn = Counter({item.code: 5 for item in a_bank()})
    needy = [f"sta-{number:02d}" for number in (3, 4, 5, 6)]
    for code in needy:
        drawn[code] = 0

    form = draw_form(a_bank(), drawn, 7, POLICY)

    assert set(needy) <= set(form)
    assert draw_form(a_bank(), drawn, 7, POLICY) == form
    assert draw_form(a_bank(), drawn, 8, POLICY) != form


def test_items_do_not_always_meet_the_same_others():
    forms, drawn = drawn_one_after_the_other(200)
    met = {other for form in forms if "sta-00" in form for other in form}

    assert drawn["sta-00"] > 25
    assert len(met) > 70


def test_a_sitting_shows_its_form_in_order_and_replays(place: Place):
    a_normed_skill(place, with_norm=False)

    sitting_id = take(place, a_person(place), SimulatedPerson(place, 0, 0).answer)

    (form,) = forms_of(place)
    assert [shown.item_code for shown in place.shown(sitting_id)] == form.item_codes
    assert place.do(lambda session: replay_sitting(sitting_id, session=session)).matches


def test_founders_who_start_all_at_once_draw_different_forms(place: Place):
    a_normed_skill(place, with_norm=False)
    people = [a_person(place) for _ in range(6)]

    started = all_at_once(6, lambda number: place.start(people[number]))

    assert all(not isinstance(one, Exception) for one in started), started
    forms = forms_of(place)
    assert [form.number for form in forms] == [1, 2, 3, 4, 5, 6]
    drawn = Counter(code for form in forms for code in form.item_codes)
    statements = [count for code, count in drawn.items() if place.item(code).kind == "statement"]
    assert max(statements) - min(statements) <= 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_items_of_a_void_sitting_are_needed_again(place: Place):
    a_normed_skill(place, with_norm=False)
    lost = place.start(a_person(place)).sitting_id
    place.do(lambda session: void_sitting(lost, cause="power", session=session, clock=place.clock, actor=system()))

    place.start(a_person(place))

    first, second = forms_of(place)
    drawn = draw_form(place_items(place), {}, 2, POLICY)
    assert tuple(second.item_codes) == drawn
    assert first.item_codes != second.item_codes


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_forms_of_long_ago_are_no_longer_looked_at(place: Place, monkeypatch: pytest.MonkeyPatch):
    a_normed_skill(place, with_norm=False)
    monkeypatch.setattr("app.assessment.draw_founding_form.REMEMBERED", 2)

    for _ in range(6):
        place.start(a_person(place))

    forms = forms_of(place)
    for number, form in enumerate(forms, start=1):
        lately = Counter(code for one in forms[max(0, number - 3) : number - 1] for code in one.item_codes)
        assert tuple(form.item_codes) == draw_form(place_items(place), lately, number, POLICY)
    every = Counter(code for one in forms[:5] for code in one.item_codes)
    assert tuple(forms[5].item_codes) != draw_form(place_items(place), every, 6, POLICY)


def place_items(place: Place) -> list[ItemView]:
    return place.do(
        lambda session: list(
            item_bank.release_items(
                latest_edition("collaboration", "en", session=session).release_id, "en", session=session
            )
        )
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_progress_counts_usable_responses_of_completed_sittings(place: Place):
    a_normed_skill(place, with_norm=False)
    answers = SimulatedPerson(place, 0, 0).answer
    take(place, a_person(place), answers)
    arose = iter(["did-not-arise"])
    take(place, a_person(place), lambda code: next(arose, None) or answers(code))
    take(place, a_person(place), answers, most=4)
    check_all(place)

    with place.database.reading() as session:
        release_id = latest_edition("collaboration", "en", session=session).release_id
        progress = founding_progress(release_id, "en", session=session)
        french = founding_progress(release_id, "fr", session=session)

    assert (progress.sittings, progress.founders, sum(progress.responses.values())) == (2, 2, 35)
    assert progress.items_with(1) == sum(count > 0 for count in progress.responses.values())
    assert (french.sittings, french.items_with(1)) == (0, 0)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_may_not_be_scored_is_neither_drawn_nor_waited_for_and_forms_stay_whole(place: Place):
    release_id = a_normed_skill(place, with_norm=False)
    answers = SimulatedPerson(place, 0, 0).answer
    earlier = take(place, a_person(place), answers)
    answered = forms_of(place)[0].item_codes[0]
    out = {answered, "col-s01", "col-j01", "col-j02"}
    suspend(place, answered)
    suspend(place, "col-s01")
    to_state(place, "col-j01", ItemState.RETIRED)
    put(place, ItemState.PILOT, "col-j02")

    later = [take(place, a_person(place), answers) for _ in range(5)]
    check_all(place)

    forms = forms_of(place)[1:]
    assert all(len(form.item_codes) == 18 for form in forms)
    assert out.isdisjoint(code for form in forms for code in form.item_codes)
    for sitting_id in (earlier, *later):
        assert place.do(lambda session, one=sitting_id: replay_sitting(one, session=session)).matches
    with place.database.reading() as session:
        progress = founding_progress(release_id, "en", session=session)
    assert len(progress.responses) == progress.items_with(1) == 36 - len(out)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_founder_is_promised_once_and_noted_as_told_once(place: Place):
    a_normed_skill(place, with_norm=False)
    person_id = a_person(place)
    take(place, person_id, SimulatedPerson(place, 0, 0).answer)
    with place.database.reading() as session:
        assert [waiting.person_id for waiting in waiting_founders(session=session)] == [person_id]

    told_at = place.clock.now()
    for _ in range(2):
        place.do(lambda session: note_founder_told(person_id, "collaboration", session=session, clock=place.clock))
        place.clock.instant = place.clock.instant.replace(year=2027)

    promise = place.do(lambda session: session.scalars(select(FoundingPromise)).one())
    assert promise.told_at == told_at
    with place.database.reading() as session:
        assert waiting_founders(session=session) == ()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_sits_under_a_norm_gets_no_form_and_no_promise(place: Place):
    a_normed_skill(place)
    place.start(a_person(place))

    assert forms_of(place) == []
    with place.database.reading() as session:
        assert waiting_founders(session=session) == ()
