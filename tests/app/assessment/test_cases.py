"""Cases from elsewhere that no other file here names: what was answered stays, and the server's clock rules."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from app.assessment.declare_adjustments import declare_adjustments
from app.assessment.errors import PositionClosed, SittingExpired
from app.assessment.models import FrozenSitting
from app.assessment.pages import ItemPage, current_page
from app.assessment.policy import SittingPolicy
from app.assessment.report_item import report_item
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, a_policy, take
from tests.app.assessment.test_views import Candidate

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part
RELOADS = 60


@pytest.fixture
def person(place: Place) -> UUID:
    a_normed_skill(place, scenario_slope=1.5)
    return a_person(place)


def _page(place: Place, person_id: UUID, sitting_id: UUID) -> ItemPage:
    page = current_page(sitting_id, person_id, database=place.database, clock=place.clock, jobs=place.jobs)
    assert isinstance(page, ItemPage)
    return page


def test_case_003_every_acknowledged_choice_is_shown_again_after_a_reload_at_any_moment(place, person) -> None:
    sitting_id, chance = place.start(person).sitting_id, np.random.default_rng(3)
    for sequence in range(1, RELOADS + 1):
        page = _page(place, person, sitting_id)
        someone = SimulatedPerson(place, 1.3, 1.3, seed=int(chance.integers(10)))
        value = someone.answer(page.item.code)
        confirm = bool(chance.random() < 0.15) and page.position < 11
        recorded = place.respond(person, sitting_id, page.position, value, sequence=sequence, confirm=confirm)
        if not confirm:
            again = _page(place, person, sitting_id)
            assert (again.position, again.value, again.client_sequence) == (page.position, value, sequence)
        assert recorded.value == value


def test_case_004_no_acknowledged_answer_is_blank_in_what_is_scored(place, person) -> None:
    """Drafts, corrections, repeated and late writes in any order; the frozen row holds the last acknowledged ones."""
    sitting_id, chance, acknowledged = place.start(person).sitting_id, np.random.default_rng(4), {}
    for _ in range(200):
        shown = place.shown(sitting_id)[-1]
        values = [SimulatedPerson(place, 1.0, 1.0, seed=seed).answer(shown.item_code) for seed in range(3)]
        for sequence in chance.permutation(3) + 1:
            kept = place.respond(
                person, sitting_id, shown.position, values[sequence - 1], sequence=int(sequence), confirm=False
            )
        last = place.respond(person, sitting_id, shown.position, values[0], sequence=4)
        assert kept.value == values[2]
        acknowledged[shown.item_code] = last.value
        if last.state != "open":
            break
    frozen = place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    assert {unit[0]: unit[3] for unit in json.loads(frozen.responses)["units"]} == acknowledged


def test_cases_010_011_and_012_nothing_runs_out_but_the_days_and_the_last_instant_still_counts(place, person) -> None:
    """There is no time limit; what can pass is the window in which a sitting may be gone on with."""
    sitting_id, answers = place.start(person).sitting_id, SimulatedPerson(place, 1.3, 1.3)
    until = place.sitting(sitting_id).resumable_until

    def respond(position: int) -> Any:
        return place.respond(person, sitting_id, position, answers.answer(place.shown(sitting_id)[-1].item_code))

    for position, moment in enumerate((until - timedelta(seconds=1), until), start=1):
        place.clock.instant = moment
        assert respond(position).moved_on
    place.clock.instant = until + timedelta(minutes=SittingPolicy().resume_grace_minutes, seconds=1)
    with pytest.raises(SittingExpired):
        respond(3)
    assert [row.position for row in place.kept(sitting_id)] == [1, 2]


def test_case_010_the_days_said_before_the_start_hold_though_the_operator_shortens_them_and_another_norm_takes_force(
    app, place, runtime
) -> None:
    """Nothing from outside ends a sitting sooner than the start page said: it keeps its policy and its edition."""
    a_normed_skill(place, scenario_slope=1.5)
    ada = Candidate(app, runtime, "ada@example.org")
    said = ada.open(f"/skills/{SKILL}/start").text
    assert f"go on within {SittingPolicy().resume_days} days" in said
    path = ada.begin()
    sitting = place.sitting(UUID(ada.open(path, headers={"Accept": "application/json"}).json["id"]))
    assert sitting.resumable_until - sitting.started_at == timedelta(days=SittingPolicy().resume_days)
    a_policy(place, resume_days=1)
    a_normed_skill(place, cut=9.0, with_norm=False)
    place.clock.instant = sitting.resumable_until
    value = SimulatedPerson(place, 1.3, 1.3).answer(place.shown(sitting.id)[-1].item_code)
    assert place.respond(sitting.person_id, sitting.id, 1, value).moved_on
    kept = place.sitting(sitting.id)
    assert (kept.resumable_until, kept.edition_id, kept.cut) == (
        sitting.resumable_until,
        sitting.edition_id,
        sitting.cut,
    )
    assert "go on within 1 days" in Candidate(app, runtime, "eve@example.org").open(f"/skills/{SKILL}/start").text


def test_case_013_and_edge_034_no_time_that_a_browser_claims_is_believed(app, place, runtime) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    ada = Candidate(app, runtime, "ada@example.org")
    path = ada.begin()
    page = ada.open(path, headers={"Accept": "application/json"}).json
    value = SimulatedPerson(place, 0, 0).answer(page["item"]["code"])
    ada.open(path)
    until = place.sitting(UUID(page["id"])).resumable_until
    for hours in (-1, 1, 24 * 400):
        claimed = (place.clock.now() + timedelta(hours=hours)).isoformat()
        place.clock.advance(timedelta(seconds=5))
        sent = dict.fromkeys(("received_at", "presented_at", "started_at", "resumable_until", "now"), claimed)
        body = {**sent, "client_sequence": 500 + hours, "value": value}
        headers = {"X-CSRFToken": ada.csrf, "Accept": "application/json", "Date": claimed}
        answer = ada.client.post(f"{path}/responses/1/draft", json=body, headers=headers)
        assert answer.status_code == 200
        if hours != -1:
            assert answer.json["received_at"] == place.clock.now().isoformat()
    assert place.sitting(UUID(page["id"])).resumable_until == until


def test_case_015_an_answer_to_a_question_that_was_taken_away_is_refused_and_the_sitting_stays_usable(
    place, person
) -> None:
    sitting_id, answers = place.start(person).sitting_id, SimulatedPerson(place, 0, 0)
    blocked = place.shown(sitting_id)[-1]
    given = {"person_id": person, "clock": place.clock, "entropy": place.entropy, "jobs": place.jobs}
    place.do(lambda session: report_item(sitting_id, 1, "error", "", session=session, **given))
    with pytest.raises(PositionClosed):
        place.respond(person, sitting_id, 1, answers.answer(blocked.item_code))
    shown = place.shown(sitting_id)[-1]
    assert place.respond(person, sitting_id, shown.position, answers.answer(shown.item_code)).moved_on


def test_edge_029_at_the_ceiling_without_certainty_the_sitting_ends_and_is_scored_as_every_other(place, person) -> None:
    a_policy(place, most_units=12, most_units_undecided=14, pilot_units=0, undecided_above=0.01, undecided_below=0.99)
    sitting_id = take(place, person, SimulatedPerson(place, 1.28, 1.28, seed=5).answer)
    ended = place.sitting(sitting_id)
    frozen = place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    assert (ended.state, ended.stop_reason) == ("completed", "most-units-undecided")
    assert frozen.statements + frozen.scenarios == 14
    assert 0.02 < frozen.probability_above < 0.95
    assert "report_result" in place.jobs.names()


def test_edge_032_a_page_tells_the_server_nothing_about_focus_and_an_adjustment_says_that_pace_is_not_looked_at(
    app, place, runtime
) -> None:
    """Losing the focus is what a screen reader does all day; the scripts of the page have no word for it."""
    a_normed_skill(place, scenario_slope=1.5)
    ada = Candidate(app, runtime, "ada@example.org")
    path = ada.begin()
    scripts = [part.split('"')[0] for part in ada.open(path).text.split('<script src="')[1:]]
    assert len(scripts) >= 3
    for script in scripts:
        words = ada.client.get(script).text
        assert not any(word in words for word in ("visibilitychange", '"blur"', '"focusout"', "sendBeacon"))
    sitting_id = place.sittings()[0].id
    place.do(
        lambda session: declare_adjustments(
            sitting_id,
            {"screen-reader"},
            person_id=place.sittings()[0].person_id,
            session=session,
            clock=place.clock,
        )
    )
    page = ada.open(path).text
    assert "sitting_idle.js" not in page
    assert "data-off" in page  # single keys are off: they are commands of the screen reader
