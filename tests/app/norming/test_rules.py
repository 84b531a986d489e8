"""Gates, four eyes and hours as pure functions, each boundary tried."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.norming.policy import NormPolicy
from app.norming.rules import (
    Gate,
    SampleFacts,
    earliest_effect,
    is_another_person,
    is_too_old,
    months_before,
    standing,
)

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHIPPED = NormPolicy()


def facts(**changes):
    known = {
        "n": 5000,
        "window_start_on": date(2026, 1, 1),
        "window_end_on": date(2026, 10, 1),
        "consent_basis": "norm use, by consent",
        "ages_known": True,
        "has_judgement": True,
        "parameters_estimated": True,
    }
    return SampleFacts(**{**known, **changes})


@pytest.mark.parametrize(
    ("n", "gate", "may_certify"),
    [
        (1, Gate.NONE, False),
        (399, Gate.NONE, False),
        (400, Gate.PROVISIONAL, False),
        (999, Gate.PROVISIONAL, False),
        (1000, Gate.FULL, True),
    ],
)
def test_edge_001_002_the_number_of_people_opens_each_gate(n, gate, may_certify):
    found = standing(facts(n=n), 0.08, error_at_cut=0.35, on=TODAY, policy=SHIPPED)
    assert (found.gate, found.may_certify) == (gate, may_certify)
    assert ("sample-too-small" in found.reasons) is not may_certify


@pytest.mark.parametrize(
    ("n", "gate", "may_certify"), [(1000, Gate.NONE, False), (1999, Gate.NONE, False), (2000, Gate.FULL, True)]
)
def test_where_ranks_ask_for_more_people_than_awards_no_norm_certifies_without_a_rank(n, gate, may_certify):
    """A certificate states its rank: an award under such a norm could never be issued."""
    found = standing(facts(n=n), 0.05, error_at_cut=0.35, on=TODAY, policy=NormPolicy(percentile_from_n=2000))
    assert (found.gate, found.may_certify) == (gate, may_certify)
    assert ("sample-too-small" in found.reasons) is not may_certify


@pytest.mark.parametrize(
    ("error", "may_certify"), [(0.08, True), (0.0801, False), (math.nan, False), (math.inf, False)]
)
def test_edge_002_the_error_of_the_cut_opens_the_last_gate_inclusively(error, may_certify):
    found = standing(facts(), error, error_at_cut=0.35, on=TODAY, policy=SHIPPED)
    assert (found.gate, found.may_certify) == (Gate.FULL, may_certify)
    assert found.reasons == (() if may_certify else ("cut-uncertain",))


@pytest.mark.parametrize(("error", "may_certify"), [(1.0, True), (1.001, False), (math.nan, False), (math.inf, False)])
def test_case_038_a_cut_where_nobody_is_told_apart_certifies_nothing(error, may_certify):
    found = standing(facts(), 0.0, error_at_cut=error, on=TODAY, policy=SHIPPED)
    assert found.reasons == (() if may_certify else ("cut-not-measured",))
    assert found.may_certify is may_certify


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"has_judgement": False}, "self-report-only"),
        ({"window_start_on": None, "window_end_on": None}, "window-unknown"),
        ({"window_start_on": date(2024, 11, 22)}, "window-too-old"),
        ({"consent_basis": None}, "consent-not-stated"),
        ({"ages_known": False}, "ages-unknown"),
        ({"parameters_estimated": False}, "parameters-not-estimated"),
    ],
)
def test_whatever_is_not_known_of_the_people_forbids_awards_and_is_named(change, reason):
    found = standing(facts(**change), 0.05, error_at_cut=0.35, on=TODAY, policy=SHIPPED)
    assert (found.may_certify, found.reasons, found.gate) == (False, (reason,), Gate.FULL)


def test_every_reason_is_named_at_once():
    unknown = facts(n=10, window_start_on=None, consent_basis=None, ages_known=False, has_judgement=False)
    assert standing(unknown, 1.0, error_at_cut=0.35, on=TODAY, policy=SHIPPED).reasons == (
        "sample-too-small",
        "cut-uncertain",
        "self-report-only",
        "window-unknown",
        "consent-not-stated",
        "ages-unknown",
    )


def test_a_trial_policy_waives_what_it_names_and_nothing_else():
    trial = NormPolicy(window_must_be_known=False, consent_must_be_stated=False, judgement_must_be_measured=False)
    unknown = facts(window_start_on=None, consent_basis=None, has_judgement=False)
    assert standing(unknown, 0.05, error_at_cut=0.35, on=TODAY, policy=trial).may_certify
    assert not standing(unknown, 0.09, error_at_cut=0.35, on=TODAY, policy=trial).may_certify


def test_no_policy_lets_parameters_that_nobody_estimated_certify():
    loosest = NormPolicy(
        percentile_from_n=1,
        certify_from_n=1,
        largest_cut_standard_error=math.inf,
        window_must_be_known=False,
        consent_must_be_stated=False,
        ages_must_be_known=False,
        judgement_must_be_measured=False,
    )
    assert standing(facts(), 0.05, error_at_cut=0.35, on=TODAY, policy=loosest).may_certify
    expected = facts(parameters_estimated=False)
    assert not standing(expected, 0.05, error_at_cut=0.35, on=TODAY, policy=loosest).may_certify


def test_the_window_rolls_by_calendar_months():
    assert not is_too_old(date(2024, 11, 23), on=TODAY, policy=SHIPPED)
    assert is_too_old(date(2024, 11, 22), on=TODAY, policy=SHIPPED)
    assert months_before(date(2026, 2, 28), 24) == date(2024, 2, 28)
    assert months_before(date(2028, 2, 29), 12) == date(2027, 2, 28)
    assert months_before(date(2026, 1, 31), 2) == date(2025, 11, 30)


def test_the_delay_is_a_policy():
    assert earliest_effect(NOON, SHIPPED) == NOON + timedelta(hours=24)
    assert earliest_effect(NOON, NormPolicy(activation_delay_hours=0)) == NOON


def test_four_eyes_are_two_known_people():
    one, other = UUID(int=1), UUID(int=2)
    assert is_another_person(one, other)
    assert not is_another_person(one, one)
    assert not is_another_person(None, one)
    assert not is_another_person(one, None)
