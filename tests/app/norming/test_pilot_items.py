"""Pilot items come onto a scale that stands: nothing in use moves, and what does not pass the gate stays in pilot."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest

from app.accounts.models import RoleGrant
from app.assessment.models import FrozenSitting
from app.foundation import policies
from app.foundation.access import operator
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import SELF_REPORT, CalibratedItems, FittedItems
from app.item_bank.errors import CalibrationInvalid, ItemNotCalibrated
from app.item_bank.extend_calibration import extend_calibration
from app.item_bank.item_states import ItemState
from app.item_bank.store_calibration import SAMPLE, store_calibration
from app.norming import bases, queries, recalibrations
from app.norming.approve_norm import approve_norm
from app.norming.models import CalibrationRun, NormState, NormVersion
from app.norming.pilot_items import PilotAnswers, place_pilot_items
from app.norming.policy import NormPolicy
from app.norming.publish_norm import publish_norm
from app.norming.recalibration import Choice, Progress, Source
from app.norming.renewing_people import renewing_people
from app.norming.start_recalibration import start_recalibration
from scoring.items import ItemParameters
from scoring.responses import MISSING
from scoring.simulation import simulate_responses
from tests.app.assessment.builders import Place, a_person, a_policy, check_all
from tests.app.assessment.test_item_states import put, to_state
from tests.app.norming.builders import (
    EDITOR_ID,
    SKILL,
    a_described_mapping,
    a_norm,
    graded_items,
    import_sample,
    people,
    take_step,
)
from tests.app.norming.desk import work

TRUE = ItemParameters(
    [1.6, 1.1, 0.35, 1.5], np.array([[-1.0, 0.0, 0.8, 1.9]] * 4) + np.array([[0], [0.4], [0], [-0.2]])
)
CODES = ("A", "B", "C", "D")
SCALE = CalibratedItems(tuple(f"P{k:02d}" for k in range(10)), graded_items(), (), None)
POLICY = NormPolicy()


def answered(n=3000, seed=1, mean=0.4, sd=1.2):
    """Everybody is asked six of ten items in use, more often those near them, and two of four in pilot."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(mean, sd, n)
    in_use, tried = (simulate_responses(items, theta, rng) for items in (SCALE.self_report, TRUE))
    far = np.abs(theta[:, None] - np.linspace(-1, 1.5, 10)) + rng.normal(0, 0.5, (n, 10))
    in_use[np.argsort(np.argsort(far, axis=1), axis=1) >= 6] = MISSING
    tried[rng.permuted(np.tile(np.arange(4), (n, 1)), axis=1) >= 2] = MISSING
    return {SELF_REPORT: PilotAnswers(in_use, tried, CODES, (5,) * 4)}


def test_parameters_come_out_on_the_scale_in_use_whoever_answered():
    placed = place_pilot_items(answered(), SCALE, POLICY)
    fitted = placed.fitted[SELF_REPORT]
    assert fitted.codes == ("A", "B", "D")  # C tells people too little apart
    for row, of in enumerate((0, 1, 3)):
        slope_error = fitted.standard_errors["slopes"][row]
        assert abs(fitted.items.slopes[row] - TRUE.slopes[of]) < 3.5 * slope_error
        errors = np.array(fitted.standard_errors["thresholds"][row])
        assert (np.abs(fitted.items.thresholds[row] - TRUE.thresholds[of]) < 3.5 * errors).all()
        assert slope_error < 0.12
    (c,) = (one for one in placed.report if one["item"] == "C")
    assert c["kept_back"] == "slope-too-low"
    assert c["slope"] == pytest.approx(0.35, abs=0.1)


def test_few_answers_an_unused_category_and_chance_keep_an_item_in_its_pilot():
    given = answered()[SELF_REPORT]
    given.tried[250:, 0] = MISSING
    given.tried[given.tried[:, 1] == 4, 1] = 3
    turned = given.tried[:, 3]
    turned[turned != MISSING] = 4 - turned[turned != MISSING]
    placed = place_pilot_items({SELF_REPORT: given}, SCALE, POLICY)
    assert not placed.fitted
    assert {one["item"]: one["kept_back"] for one in placed.report} == {
        "A": "too-few-answers", "B": "category-hardly-used", "C": "slope-too-low", "D": "slope-too-low",
    }  # fmt: skip


def test_answers_that_follow_another_curve_do_not_fit():
    given = answered()[SELF_REPORT]
    theta = np.random.default_rng(1).normal(0.4, 1.2, 3000)  # of the same people
    rng, asked = np.random.default_rng(5), given.tried[:, 0] != MISSING
    bathtub = np.where(theta < -0.5, rng.integers(0, 5, 3000), np.where(theta < 0.8, 0, 4 - (rng.random(3000) < 0.1)))
    given.tried[asked, 0] = bathtub[asked]
    (a,) = (one for one in place_pilot_items({SELF_REPORT: given}, SCALE, POLICY).report if one["item"] == "A")
    assert a["kept_back"] == "does-not-fit"
    assert a["slope"] > POLICY.lowest_pilot_slope
    assert a["rmsd"] > 1.5 * POLICY.largest_rmsd


def test_items_that_follow_the_model_pass_with_three_hundred_answers():
    report = [one for seed in range(5) for one in place_pilot_items(answered(n=610, seed=seed), SCALE, POLICY).report]
    judged = [one for one in report if "rmsd" in one and one["item"] != "C"]
    assert len(judged) >= 6
    assert all(one["kept_back"] is None for one in judged)


ERRORS = {"slopes": [0.1] * 10, "thresholds": [[0.1] * 4] * 10}


@pytest.fixture
def release(runtime):
    """Twelve statements of which ten have a scale and a norm in force; P10 and P11 are in pilot."""
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    with runtime.transaction() as session:
        at = runtime.clock.now()
        values = {"judgement_must_be_measured": False, "pilot_responses": 30, "least_category_share": 0.0}
        policies.set_policy(NormPolicy, {**values, "lowest_pilot_slope": 0.3}, session=session, at=at, actor=operator())
        staff = people(session, at)
        session.add(RoleGrant(person_id=EDITOR_ID, role="norm_editor", granted_at=at))
        tools = {"session": session, "clock": runtime.clock, "entropy": runtime.entropy}
        mapping = a_described_mapping(items={f"P{k:02d}": {"en": f"Statement {k}"} for k in range(12)})
        sample = import_sample(session, runtime.clock, runtime.entropy, mapping=mapping, items=12)
        scale = store_calibration(
            sample.release_id, source=SAMPLE, n=300, judgement=None, actor=operator(), **tools,
            self_report=FittedItems(SCALE.self_report_codes, graded_items(12).take(range(10)), ERRORS),
        )  # fmt: skip
        session.add(
            CalibrationRun(
                id=runtime.entropy.uuid(), sample_id=sample.id, sample=sample, calibration_id=scale.id, n=300, fits={},
                calibrated_at=at,
            )
        )  # fmt: skip
        session.flush()
    return place, sample.release_id, scale.id, staff


def test_a_calibration_is_extended_without_moving_anything(runtime, release):
    scale_id = release[2]
    added = {SELF_REPORT: FittedItems(("P10",), TRUE.take([0]), {"slopes": [0.2], "thresholds": [[0.2] * 4]})}
    more = {SELF_REPORT: FittedItems(("P11",), TRUE.take([1]), {"slopes": [0.3], "thresholds": [[0.3] * 4]})}
    tools = {"clock": runtime.clock, "entropy": runtime.entropy, "actor": operator()}
    with runtime.transaction() as session:
        first = extend_calibration(scale_id, added, session=session, **tools)
        runtime.clock.advance(timedelta(minutes=1))
        second = extend_calibration(first.id, more, session=session, **tools)
        with pytest.raises(CalibrationInvalid):
            extend_calibration(second.id, more, session=session, **tools)
    with runtime.reading() as session:
        whole = item_bank.item_parameters(second.id, session=session)
        known = item_bank.item_parameters(scale_id, session=session)
        assert whole.self_report_codes == (*SCALE.self_report_codes, "P10", "P11")
        assert whole.self_report.take(range(10)) == known.self_report
        assert item_bank.calibration(second.id, session=session).standard_errors[SELF_REPORT]["slopes"][-2:] == [
            0.2,
            0.3,
        ]
        every = frozenset({scale_id, first.id, second.id})
        for one in every:
            assert item_bank.on_the_same_scale(one, session=session) == every
            assert item_bank.latest_on_scale(one, session=session) == second.id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part
def test_a_pilot_item_is_recalibrated_made_active_and_counts_under_the_next_norm(runtime, release, browser_of):
    place, _, scale_id, staff = release
    tools = {"clock": runtime.clock, "entropy": runtime.entropy}
    with runtime.transaction() as session:
        norm = a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.SCHEDULED)
        publish_norm(norm.id, session=session, clock=runtime.clock, actor=operator())
    a_policy(
        place, fewest_units=8, most_units=8, most_units_undecided=8, fewest_scenarios=0, fewest_statements=4,
        fewest_judgement_share=0.0, fewest_facet_share=0.0, fewest_units_for_result=6,
    )  # fmt: skip
    put(place, ItemState.PILOT, "P10", "P11", skill=SKILL, languages=("en",))
    for seed in range(60):
        sit(place, seed)
    check_all(place)
    with pytest.raises(ItemNotCalibrated):
        to_state(place, "P10", ItemState.ACTIVE, skill=SKILL)

    with runtime.transaction() as session:
        choice = Choice(Source.SITTINGS, language="en")
        asked = start_recalibration(SKILL, choice, session=session, jobs=runtime.jobs, actor=staff[0], **tools)
    work(runtime)
    with runtime.reading() as session:
        found = recalibrations.recalibration(asked, session=session)
        assert found.progress is Progress.DONE, found.reason_text
        pilots = {one["item"]: one for one in found.found["calibration"]["pilots"]}
        norm = queries.norm(found.norm, session=session)
        whole = item_bank.item_parameters(norm.calibration_id, session=session)
        assert norm.calibration_id != scale_id
        assert set(whole.codes) == {*SCALE.self_report_codes, "P10", "P11"}
        assert whole.self_report.take(range(10)) == item_bank.item_parameters(scale_id, session=session).self_report
        basis = bases.basis_of_preview(norm.id, session=session, at=runtime.clock.now())
        assert basis.compared is not None  # one scale: the lines say something of each other
        assert len(basis.sittings) == 60
        renewing_people(norm.id, session=session, at=runtime.clock.now())
    assert all(one["answers"] >= 50 and one["kept_back"] is None for one in pilots.values())
    page = browser_of(EDITOR_ID).get(f"/desk/norms/recalibrations/{asked}").text
    assert "2 items in pilot have parameters now: P10, P11." in page

    to_state(place, "P10", ItemState.ACTIVE, skill=SKILL)
    assert not any("P10" in scored(place, sit(place, 100 + seed)) for seed in range(3))  # not under the norm in force
    with runtime.transaction() as session:
        approver = replace(staff[1], second_factor_at=runtime.clock.now())
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=runtime.clock, actor=approver)
        take_step(session.get_one(NormVersion, norm.id), NormState.SCHEDULED, at=runtime.clock.now(), approver=approver)
        publish_norm(norm.id, session=session, clock=runtime.clock, actor=operator())
    sat = [scored(place, sit(place, 200 + seed)) for seed in range(6)]
    assert any("P10" in codes for codes in sat)
    assert not any("P11" in codes for codes in sat)  # still in pilot, parameters or not


def scored(place: Place, sitting_id: UUID) -> set[str]:
    """Codes of the items that counted in a completed sitting."""
    frozen = place.do(lambda session: session.get_one(FrozenSitting, sitting_id))
    return {unit[0] for unit in json.loads(frozen.responses)["units"] if len(unit) == 4}


def sit(place: Place, seed: int) -> UUID:
    """Somebody sits, answering by the graded model what they are asked, pilots too."""
    rng = np.random.default_rng([7, seed])
    given = simulate_responses(graded_items(12), rng.normal(0, 1, 1), rng)[0]
    person_id = a_person(place)
    sitting_id = place.start(person_id, skill=SKILL).sitting_id
    for position in range(1, 20):
        code = place.shown(sitting_id)[-1].item_code
        if place.respond(person_id, sitting_id, position, int(given[int(code[1:])])).state != "open":
            return sitting_id
    raise AssertionError("the sitting did not end")
