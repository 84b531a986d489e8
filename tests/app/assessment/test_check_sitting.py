"""Odd sittings: found at the end, in three tiers, kept out of norms by rule, decided by a person with reasons."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.assessment import checks
from app.assessment.adopt_edition import adopt_edition
from app.assessment.annul_sitting import annul_sitting
from app.assessment.check_policy import CheckPolicy
from app.assessment.check_sitting import check_sitting, keep_check, look_at_sitting
from app.assessment.decide_check import decide_check
from app.assessment.errors import CheckDecided, CheckNotFound, ReasonsNeeded
from app.assessment.facet_bands import facet_bands
from app.assessment.final_scores import final_score
from app.assessment.models import FrozenSitting, Presentation, Response, Sitting, SittingCheck, State
from app.assessment.norming_rows import responses_for_norming
from app.assessment.restore_sitting import restore_sitting
from app.assessment.tiers import NOTHING_ODD, OUT_OF_NORMS, PACE, RUN
from app.assessment.verdicts import Verdict
from app.foundation import policies
from app.foundation.access import Actor, Forbidden, operator
from app.foundation.audit import AuditEntry
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import FittedItems
from app.item_bank.item_states import ItemState
from app.item_bank.store_calibration import SAMPLE, store_calibration
from tests.app.assessment.builders import (
    CUT,
    CUT_STANDARD_ERROR,
    SKILL,
    Place,
    SimulatedPerson,
    a_normed_skill,
    a_person,
    take,
)
from tests.app.assessment.test_item_states import put

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
REASONS = "I read the answers one by one and found nothing odd."


def _skill(place: Place, **values: Any) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    chosen = {"draws": 499, **values}
    place.do(
        lambda session: policies.set_policy(
            CheckPolicy, chosen, session=session, at=place.clock.now(), actor=operator()
        )
    )


def _sat(place: Place, theta: float = 0.5, seed: int = 0, person_id: UUID | None = None) -> UUID:
    place.clock.advance(timedelta(minutes=1))
    return take(place, person_id or a_person(place), SimulatedPerson(place, theta, theta, seed=seed).answer)


def _checked(place: Place, sitting_id: UUID) -> SittingCheck:
    found = place.do(lambda session: check_sitting(sitting_id, session=session, clock=place.clock))
    assert found is not None
    return found


def _with_tier(place: Place, sitting_id: UUID, tier: int) -> None:
    _checked(place, sitting_id)
    place.do(lambda session: session.execute(update(SittingCheck).values(tier=tier)))


def _decide(place: Place, sitting_id: UUID, verdict: Verdict, reasons: str = REASONS, role: str = "support") -> None:
    reviewer = Actor(a_person(place), "reviewer", frozenset({"candidate", role}))
    tools: dict[str, Any] = {"clock": place.clock, "actor": reviewer}
    place.do(lambda session: decide_check(sitting_id, verdict, reasons, session=session, **tools))


def _rows_for_norming(place: Place) -> set[UUID]:
    window = {"after": place.clock.now() - timedelta(days=400), "until": place.clock.now()}
    return place.do(lambda s: {row.sitting_id for row in responses_for_norming(SKILL, "en", **window, session=s)})


def test_a_sitting_annulled_since_it_was_looked_at_is_given_no_check(place: Place) -> None:
    _skill(place)
    sitting_id = _sat(place)
    looked = place.do(lambda session: look_at_sitting(sitting_id, session=session, clock=place.clock))
    assert looked is not None
    place.do(lambda session: session.get_one(Sitting, sitting_id).annul())
    assert place.do(lambda session: keep_check(looked, session=session)) is None


def test_a_sitting_that_was_annulled_before_its_check_is_looked_at_once_it_counts_again(place: Place) -> None:
    _skill(place)
    sitting_id = _sat(place)
    place.do(lambda session: session.get_one(Sitting, sitting_id).annul())
    assert place.do(lambda session: check_sitting(sitting_id, session=session, clock=place.clock)) is None
    place.jobs.enqueued.clear()

    tools: dict[str, Any] = {"clock": place.clock, "jobs": place.jobs, "actor": operator()}
    place.do(lambda session: restore_sitting(sitting_id, session=session, **tools))
    [(name, arguments)] = place.jobs.enqueued.values()
    assert (name, arguments) == ("check_sitting", {"sitting_id": str(sitting_id)})
    _checked(place, sitting_id)
    assert sitting_id in _rows_for_norming(place)

    place.do(lambda session: session.get_one(Sitting, sitting_id).annul())
    place.jobs.enqueued.clear()
    place.do(lambda session: restore_sitting(sitting_id, session=session, **tools))
    assert not place.jobs.enqueued  # its check stands


def test_a_person_stays_one_row_of_a_norm_when_a_first_sitting_counts_again(place: Place) -> None:
    _skill(place)
    person_id = a_person(place)
    first = _sat(place, person_id=person_id)
    _checked(place, first)
    _annulled(place, first)
    place.clock.advance(timedelta(days=91))
    second = _sat(place, seed=1, person_id=person_id)
    _checked(place, second)
    assert _rows_for_norming(place) == {second}
    tools: dict[str, Any] = {"clock": place.clock, "jobs": place.jobs, "actor": operator()}
    place.do(lambda session: restore_sitting(first, session=session, **tools))
    assert _rows_for_norming(place) == {first}


def test_a_second_sitting_becomes_no_first_one_when_the_first_is_annulled(place: Place) -> None:
    """It was begun by somebody who had sat before, and from what was known of them."""
    _skill(place)
    person_id = a_person(place)
    first = _sat(place, person_id=person_id)
    place.clock.advance(timedelta(days=91))
    second = _sat(place, seed=1, person_id=person_id)
    for one in (first, second):
        _checked(place, one)
    _annulled(place, first)
    assert place.sitting(second).prior is not None
    assert not _rows_for_norming(place)


def _annulled(place: Place, sitting_id: UUID) -> None:
    place.do(lambda session: annul_sitting(sitting_id, session=session, clock=place.clock, actor=operator()))


def test_two_who_looked_keep_one_check(place: Place) -> None:
    _skill(place)
    sitting_id = _sat(place)
    first, second = (
        place.do(lambda session: look_at_sitting(sitting_id, session=session, clock=place.clock)) for _ in range(2)
    )
    assert first is not None
    assert second is not None
    kept = [place.do(lambda session, found=found: keep_check(found, session=session)) for found in (first, second)]
    assert kept[0] is not None
    assert kept[1] is not None
    assert kept[0].checked_at == kept[1].checked_at


def test_an_end_enqueues_the_check_beside_the_result(place: Place) -> None:
    _skill(place)
    sitting_id = _sat(place)
    assert place.jobs.enqueued[f"check:{sitting_id}"][0] == "check_sitting"


def test_an_honest_sitting_is_in_the_first_tier_and_asked_again_is_the_same(place: Place) -> None:
    _skill(place)
    sitting_id = _sat(place)
    check = _checked(place, sitting_id)
    assert (check.tier, check.evidence["flags"]) == (NOTHING_ODD, [])
    assert check.evidence["pace_not_read"] == "too-few-sittings"
    assert _checked(place, sitting_id).evidence == check.evidence
    with place.database.reading() as session:
        kinds = session.scalars(select(AuditEntry.kind).where(AuditEntry.subject == str(sitting_id))).all()
    assert kinds.count("sitting.checked") == 1


def test_edge_005_answers_all_alike_are_scored_and_leave_the_norms_and_accuse_nobody(place: Place) -> None:
    _skill(place)
    sitting_id = take(
        place,
        a_person(place),
        lambda code: 3 if place.item(code).kind == "statement" else [4, 5, 4, 4, 4][: _options(place, code)],
    )
    score = place.do(lambda session: final_score(sitting_id, session=session))
    check = _checked(place, sitting_id)
    assert score.has_result
    assert check.evidence["flags"]
    assert check.evidence[RUN]["share"] < 0.1
    assert check.tier == OUT_OF_NORMS
    assert sitting_id not in _rows_for_norming(place)


def _options(place: Place, code: str) -> int:
    return len(place.item(code).content["options"])


@pytest.mark.parametrize("known", [True, False])
def test_pilot_items_play_no_part_in_checks_and_bands_whether_calibrated_or_not(place: Place, known: bool) -> None:
    _skill(place)
    pilots = ("col-s01", "col-j01")
    if not known:
        place.do(lambda session: _adopt_without(place, pilots, session=session))
    put(place, ItemState.PILOT, *pilots)
    tried = {"col-s01": 2, "col-j01": [1, 3, 5, 4, 2][: _options(place, "col-j01")]}
    usual = SimulatedPerson(place, 0.5, 0.5).answer
    earlier, sitting_id = (take(place, a_person(place), lambda code: tried.get(code) or usual(code)) for _ in range(2))
    evidence = _checked(place, sitting_id).evidence
    score = place.do(lambda session: final_score(sitting_id, session=session))
    counted = place.do(lambda session: session.get_one(FrozenSitting, sitting_id).facet_counts)
    bands = place.do(lambda session: facet_bands(sitting_id, session=session))
    assert all({shown.item_code for shown in place.shown(one)} >= set(pilots) for one in (earlier, sitting_id))
    assert (evidence["units"], evidence["compared"]) == (score.units, 1)
    assert score.units == len(place.shown(sitting_id)) - len(pilots)
    assert {band.facet: band.units for band in bands} == {facet: count for facet, count in counted.items() if count}


def _adopt_without(place: Place, codes: Collection[str], *, session: Session) -> None:
    """An edition whose calibration does not know these items, as if they had come later."""
    release = item_bank.latest_release(SKILL, session=session)
    prior = item_bank.prior_calibration(release.id, session=session)
    assert prior is not None
    known = item_bank.item_parameters(prior.id, session=session)
    kinds = ((known.self_report_codes, known.self_report), (known.judgement_codes, known.judgement))
    self_report, judgement = (
        FittedItems(tuple(kept), items.take([all_codes.index(code) for code in kept]))
        for all_codes, items in kinds
        for kept in ([code for code in all_codes if code not in codes],)
        if items is not None
    )
    tools: dict[str, Any] = {"session": session, "clock": place.clock, "entropy": place.entropy, "actor": operator()}
    fitted = store_calibration(release.id, source=SAMPLE, n=5000, self_report=self_report, judgement=judgement, **tools)
    pins = {"cut": CUT, "cut_standard_error": CUT_STANDARD_ERROR, "norm_id": place.entropy.uuid()}
    adopt_edition(SKILL, "en", release.id, fitted.id, session=session, at=place.clock.now(), **pins)


def test_only_earlier_sittings_of_other_people_are_compared(place: Place) -> None:
    _skill(place)
    first = _sat(place, seed=4)
    for seed in range(5, 9):
        _sat(place, theta=0.3, seed=seed)
    last = _sat(place, theta=0.2, seed=9)
    assert _checked(place, first).evidence["compared"] == 0
    assert _checked(place, last).evidence["compared"] == 5


def _paced(place: Place, sitting_id: UUID, rng: np.random.Generator, factor: float) -> None:
    """Give the sitting's answers times of people, `factor` times as fast."""

    def spread(session: Any) -> None:
        shown = session.scalars(select(Presentation).where(Presentation.sitting_id == sitting_id)).all()
        for one in shown:
            seconds = float(np.exp(rng.normal(3.0, 0.4))) / factor
            kept = session.get_one(Response, (sitting_id, one.position))
            kept.received_at = one.presented_at + timedelta(seconds=seconds)

    place.do(spread)


def test_a_pace_far_above_the_usual_is_flagged_and_never_under_an_adjustment(place: Place) -> None:
    _skill(place, fewest_paced=6)
    rng = np.random.default_rng(7)
    for seed in range(10):
        _paced(place, _sat(place, theta=0.1 * seed - 0.5, seed=seed), rng, 1.0)
    fast, adjusted = _sat(place, seed=21), _sat(place, seed=22)
    for sitting_id in (fast, adjusted):
        _paced(place, sitting_id, rng, 30.0)
    slow = ["unlimited-time"]
    place.do(lambda session: session.execute(update(Sitting).where(Sitting.id == adjusted).values(adjustments=slow)))
    assert PACE in _checked(place, fast).evidence["flags"]
    evidence = _checked(place, adjusted).evidence
    assert PACE not in evidence
    assert evidence["pace_not_read"] == "adjusted"


@pytest.mark.parametrize(("verdict", "counts"), [(Verdict.SOUND, True), (Verdict.NOT_SOUND, False)])
def test_the_third_tier_stays_out_of_norms_until_a_person_finds_it_sound(
    place: Place, verdict: Verdict, *, counts: bool
) -> None:
    _skill(place)
    sitting_id = _sat(place)
    _with_tier(place, sitting_id, NOTHING_ODD)
    assert sitting_id in _rows_for_norming(place)
    _with_tier(place, sitting_id, 3)
    assert sitting_id not in _rows_for_norming(place)
    assert [one.sitting_id for one in place.do(lambda session: checks.waiting(session=session))] == [sitting_id]
    _decide(place, sitting_id, verdict)
    assert (sitting_id in _rows_for_norming(place)) is counts
    assert place.do(lambda session: checks.waiting(session=session)) == ()


def test_a_sitting_that_waits_for_its_check_serves_no_norm_and_one_older_than_checks_does(place: Place) -> None:
    _skill(place)
    unchecked, older = _sat(place), _sat(place, seed=1)
    place.do(lambda s: s.execute(update(Sitting).where(Sitting.id == older).values(item_states_at=None)))
    assert _rows_for_norming(place) == {older}
    _checked(place, unchecked)
    assert _rows_for_norming(place) == {unchecked, older}


def test_a_decision_needs_reasons_the_role_and_a_sitting_that_waits_and_is_made_once(place: Place) -> None:
    _skill(place)
    sitting_id = _sat(place)
    with pytest.raises(CheckNotFound):
        _decide(place, sitting_id, Verdict.SOUND)
    _with_tier(place, sitting_id, 2)
    with pytest.raises(CheckDecided):
        _decide(place, sitting_id, Verdict.SOUND)
    _with_tier(place, sitting_id, 3)
    with pytest.raises(ReasonsNeeded):
        _decide(place, sitting_id, Verdict.SOUND, "  ok   ")
    with pytest.raises(Forbidden):
        _decide(place, sitting_id, Verdict.SOUND, role="norm_editor")
    _decide(place, sitting_id, Verdict.NOT_SOUND)
    with pytest.raises(CheckDecided):
        _decide(place, sitting_id, Verdict.SOUND)
    view = place.do(lambda session: checks.check_of(sitting_id, session=session))
    assert (view.verdict, view.reasons, view.is_waiting) == ("not-sound", REASONS, False)


@pytest.mark.parametrize(
    ("planted", "seeds"),
    [
        (None, True),
        ({"tier": 2}, True),
        ({"tier": 3}, False),
        ({"tier": 3, "verdict": "not-sound"}, False),
        ({"tier": 3, "verdict": "sound"}, True),
    ],
)
def test_a_retake_starts_without_a_sitting_of_the_third_tier(
    place: Place, planted: dict[str, Any] | None, *, seeds: bool
) -> None:
    _skill(place)
    person_id = a_person(place)
    sitting_id = _sat(place, person_id=person_id)
    if planted is not None:
        _checked(place, sitting_id)
        place.do(lambda session: session.execute(update(SittingCheck).values(**planted)))
    place.clock.advance(timedelta(days=31))
    again = place.start(person_id).sitting_id
    assert (place.sitting(again).prior is not None) is seeds


def test_a_retake_starts_from_the_last_sitting_that_may_seed_it(place: Place) -> None:
    """The second of three was annulled: the third starts from the first, longer faded."""
    _skill(place)
    person_id = a_person(place)
    first = _sat(place, theta=1.4, person_id=person_id)
    place.clock.advance(timedelta(days=31))
    second = _sat(place, theta=-1.0, person_id=person_id)
    place.do(
        lambda session: session.execute(update(Sitting).where(Sitting.id == second).values(state=State.VOID.value))
    )
    place.clock.advance(timedelta(days=91))
    third = place.sitting(place.start(person_id).sitting_id)
    theta = place.do(lambda session: final_score(first, session=session)).judgement_theta
    months = (third.started_at - place.sitting(first).completed_at).total_seconds() / (365.2425 / 12 * 86400)
    assert third.prior["mean"][0] == pytest.approx(0.97**months * theta, rel=1e-9)
