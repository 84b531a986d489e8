"""What of a norm's sittings is worth an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.assessment.use_counts import NEVER, Uses
from app.assessment.watched_sittings import ItemAnswers, WatchedSitting, WatchedSittings
from app.item_bank.calibrated_items import CalibratedItems
from app.monitoring.findings import NormPromise, age_of, findings, item_rows, kinds_apart, overlap, paces, share_above
from app.monitoring.models import AlarmKind
from scoring.items import ItemParameters
from scoring.simulated_people import leaked
from scoring.simulation import simulate_responses
from tests.app.monitoring.seen import WITHIN_LIMITS, a_look, a_row

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 18, 3, tzinfo=UTC)  # a Wednesday, in week 47
PROMISE = NormPromise(
    share=0.10,
    share_standard_error=0.0,
    cap=0.30,
    usual_kind_difference=2.5,
    kinds_correlation=0.5,
    kinds_correlation_error=0.0,
    oldest_item_months=24,
    most_item_uses=20_000,
)


def sat(at, probability, *, difference=0.0, is_first=True):
    return WatchedSitting(at, is_first, probability, difference)


def kinds_of(seen):
    return [(one.kind, one.subject, one.period) for one in findings(seen, NOW)]


def test_people_count_by_their_probability_and_the_share_is_laid_against_each_weeks_limits():
    promised = [sat(MONDAY, 0.1) for _ in range(200)]
    too_many = [sat(MONDAY + timedelta(days=7), 0.3) for _ in range(200)]
    seen = share_above([*promised, *too_many], PROMISE, NOW)
    assert [(week["week"], week["above"], week["state"]) for week in seen["weeks"]] == [
        ("2026-W45", 20, "within"),
        ("2026-W46", 60, "above"),
    ]
    assert seen["together"]["share"] == pytest.approx(0.2)
    assert (AlarmKind.SHARE, "", "2026-W46") in kinds_of(a_look(share=seen))


def test_a_week_is_judged_when_it_is_over():
    running = [sat(NOW - timedelta(hours=5), 0.5) for _ in range(60)]
    seen = share_above(running, PROMISE, NOW) | {"together": None}
    assert seen["weeks"][0]["state"] == "above"
    assert kinds_of(a_look(share=seen)) == []


def test_only_first_sittings_with_a_line_enter_the_share():
    given = [sat(MONDAY, 0.9, is_first=False), sat(MONDAY, None), sat(MONDAY, 0.0)]
    assert share_above(given, PROMISE, NOW)["together"]["sittings"] == 1
    assert share_above(given[:2], PROMISE, NOW) == {"expected": 0.10, "weeks": [], "together": None}


def test_kinds_apart_is_an_alarm_beyond_what_the_model_expects_and_silent_with_few_sittings():
    few = [sat(MONDAY, 0.1, difference=3.0)] * 10
    assert kinds_apart(few, PROMISE) is None
    many = [sat(MONDAY, 0.1, difference=3.0 if number < 12 else -0.5) for number in range(200)]
    seen = kinds_apart(many, PROMISE)
    assert (seen["above"], seen["state"]) == (12, "above")
    assert seen["expected"] == pytest.approx(0.0124, abs=1e-4)
    assert kinds_of(a_look(formats=seen)) == [(AlarmKind.FORMATS, "", "2026-11")]
    assert kinds_apart(many[10:], PROMISE)["state"] == "within"


@pytest.mark.parametrize(
    ("error", "apart", "state"), [(0.0, 0.1227, "above"), (0.05, 0.1227, "within"), (0.05, 0.2, "above")]
)
def test_kinds_apart_as_often_as_the_error_of_their_correlation_allows_are_no_alarm(error, apart, state):
    """.1227 of honest people lie beyond the limit where the norm's correlation is .6 and the true one .5."""
    promise = replace(PROMISE, usual_kind_difference=1.645, kinds_correlation=0.6, kinds_correlation_error=error)
    many = [sat(MONDAY, 0.1, difference=3.0 if number < apart * 12_000 else -0.5) for number in range(12_000)]
    assert kinds_apart(many, promise)["state"] == state


def test_a_correlation_that_says_nothing_promises_no_share_of_kinds_apart_and_is_no_error():
    promise = replace(PROMISE, usual_kind_difference=1.645, kinds_correlation=0.99, kinds_correlation_error=0.1)
    assert kinds_apart([sat(MONDAY, 0.1, difference=0.5)] * 200, promise)["state"] == "within"


def test_edge_015_an_item_that_leaked_is_found_in_the_answers_and_its_honest_neighbour_is_not():
    items = ItemParameters(np.array([1.0, 1.2]), np.array([[-1.0, 0.0, 1.0, 2.0]] * 2))
    rng = np.random.default_rng(6)
    theta = rng.normal(size=3000)
    holds = (np.arange(3000) >= 1000) & (rng.random(3000) < 0.3)
    codes = leaked(simulate_responses(items, theta, rng), [4, 4], [True, False], holds, rng)
    answers = {
        code: ItemAnswers("scenario", codes[:, place].tolist(), theta.tolist()) for place, code in enumerate("ab")
    }
    found = WatchedSittings((), 10_000, {"a": 3000, "b": 3000}, answers)
    rows = item_rows(found, CalibratedItems((), None, ("a", "b"), items), seconds={}, uses={}, promise=PROMISE, now=NOW)
    assert {row["code"]: row["leak"] for row in rows} == {"a": True, "b": False}
    assert kinds_of(a_look(*rows)) == [(AlarmKind.LEAK, "a", "2026-11")]


def test_an_answer_above_what_a_calibration_saw_counts_as_its_highest_category():
    items = ItemParameters(np.array([1.0]), np.array([[-1.0, 0.0, 1.0]]))
    rng = np.random.default_rng(6)
    theta = rng.normal(size=1000)
    codes = simulate_responses(items, theta, rng)[:, 0]
    above = np.where(codes == 3, 3 + (np.arange(1000) % 2), codes)
    seen = [
        item_rows(
            WatchedSittings((), 1000, {"a": 1000}, {"a": ItemAnswers("scenario", given.tolist(), theta.tolist())}),
            CalibratedItems((), None, ("a",), items),
            seconds={},
            uses={},
            promise=PROMISE,
            now=NOW,
        )
        for given in (codes, above)
    ]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(("shown", "cap", "is_over"), [(310, 0.30, False), (380, 0.30, True), (900, None, False)])
def test_exposure_is_an_alarm_beyond_the_cap_and_chance_where_there_is_a_cap(shown, cap, is_over):
    found = WatchedSittings((), 1000, {"a": shown}, {})
    promise = replace(PROMISE, cap=cap)
    rows = item_rows(found, CalibratedItems((), None, (), None), seconds={}, uses={}, promise=promise, now=NOW)
    assert rows[0]["over_cap"] is is_over
    assert [kind for kind, *_ in kinds_of(a_look(*rows, cap=cap))] == [AlarmKind.EXPOSURE] * is_over


def test_one_item_that_becomes_fast_is_noticed_and_everybody_becoming_faster_is_not():
    slow, fast = [30.0] * 300, [10.0] * 200
    together = dict.fromkeys("abc", slow + fast)
    assert {ratio for _, ratio in paces(together).values()} == {1.0}
    alone = {"a": slow + fast, "b": slow + [30.0] * 200, "c": slow + [30.0] * 200, "d": slow[:100]}
    assert paces(alone)["a"] == (10.0, pytest.approx(1 / 3))
    assert paces(alone)["d"] == (30.0, None)
    assert kinds_of(a_look(a_row("a", pace=1 / 3), a_row("b"))) == [(AlarmKind.PACE, "a", "2026-11")]


def test_overlap_is_the_mean_share_of_items_that_two_sittings_have_in_common():
    same = WatchedSittings((), 3, {"a": 3, "b": 3}, {})
    assert overlap(same) == pytest.approx(1.0)
    apart = WatchedSittings((), 2, {"a": 1, "b": 1, "c": 2}, {})  # ac and bc: one of two in common
    assert overlap(apart) == pytest.approx(0.5)
    assert overlap(WatchedSittings((), 1, {"a": 1}, {})) is None


def test_a_norm_that_keeps_its_promises_is_no_alarm():
    assert kinds_of(a_look()) == []
    assert kinds_of(a_look(share={"expected": 0.1, "weeks": [], "together": WITHIN_LIMITS | {"state": "below"}})) == [
        (AlarmKind.SHARE, "", "2026-11")
    ]


def test_an_item_is_old_by_the_months_since_its_first_use_or_by_the_sittings_that_showed_it():
    def is_old(count, first_at):
        return age_of(Uses(count, first_at), PROMISE, NOW)["is_old"]

    exactly = NOW.replace(year=NOW.year - 2)
    assert age_of(Uses(700, exactly), PROMISE, NOW) == {"months": 24, "uses": 700, "is_old": True}
    assert not is_old(700, exactly + timedelta(seconds=1))
    assert age_of(Uses(700, exactly + timedelta(seconds=1)), PROMISE, NOW)["months"] == 23
    assert is_old(20_000, NOW)
    assert not is_old(19_999, NOW)
    assert age_of(NEVER, PROMISE, NOW) == {"months": None, "uses": 0, "is_old": False}


def test_old_items_are_one_alarm_a_month_that_names_the_most_shown():
    old = [a_row(f"col-j{number:02d}", is_old=True, uses=30_000 + number) for number in range(12)]
    (found,) = findings(a_look(*old, a_row("col-s01")), NOW)
    assert (found.kind, found.subject, found.period) == (AlarmKind.AGE, "", "2026-11")
    assert (found.figures["count"], found.figures["items"][:2]) == (12, ["col-j11", "col-j10"])
    assert len(found.figures["items"]) == 10
    assert (found.figures["oldest_months"], found.figures["most_uses"]) == (24, 20_000)
