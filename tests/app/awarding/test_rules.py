"""Who earns what: every rule named, boundaries inclusive, marks that never get lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.awarding.models import Outcome
from app.awarding.policy import AwardPolicy
from app.awarding.rules import Evidence, decide, refusal_reasons
from app.foundation import policies
from app.foundation.policies import PolicyInvalid

POLICY = AwardPolicy()
TOP = Evidence(
    decision_confidence=0.97,
    statements=7,
    scenarios=7,
    judgement_share=0.6,
    kind_difference=0.3,
    kind_unusualness=0.2,
    is_balanced=True,
    norm_may_certify=True,
    norm_reasons=(),
    norm_of_trial=False,
    demo=False,
    provisional_key=False,
)


def test_a_top_result_with_enough_evidence_is_awarded_for_real():
    decision = decide(TOP, POLICY)

    assert decision.outcome is Outcome.AWARDED
    assert not decision.is_specimen


@pytest.mark.parametrize(
    ("confidence", "outcome"),
    [(0.5 - 1e-12, Outcome.NOT_AWARDED), (0.5, Outcome.AWARDED), (0.5 + 1e-12, Outcome.AWARDED)],
)
def test_case_037_the_award_confidence_is_inclusive_and_unrounded(confidence, outcome):
    assert decide(replace(TOP, decision_confidence=confidence), POLICY).outcome is outcome


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"decision_confidence": 0.49}, "below-the-cut"),
        ({"decision_confidence": None}, "no-norm"),
        ({"statements": 5, "scenarios": 6}, "fewer-than-minimum-units"),
        ({"statements": 4, "scenarios": 9}, "fewer-than-minimum-statements"),
        ({"statements": 9, "scenarios": 4}, "fewer-than-minimum-scenarios"),
        ({"statements": 14, "scenarios": 0, "judgement_share": 0.0}, "self-report-only"),
        ({"judgement_share": 0.499}, "judgement-share"),
        ({"is_balanced": False}, "content-unbalanced"),
        ({"norm_may_certify": False, "norm_reasons": ("window-unknown",)}, "norm-window-unknown"),
    ],
)
def test_each_rule_refuses_by_itself_and_says_so(change, reason):
    decision = decide(replace(TOP, **change), POLICY)

    assert decision.outcome is Outcome.NOT_AWARDED
    assert reason in decision.reasons


def test_exactly_the_fewest_scenarios_are_enough():
    assert decide(replace(TOP, statements=9, scenarios=5), POLICY).outcome is Outcome.AWARDED


def test_edge_007_kinds_of_evidence_far_apart_wait_for_a_person_and_are_not_refused():
    assert decide(replace(TOP, kind_difference=-2.6, kind_unusualness=-1.7), POLICY).outcome is Outcome.HELD
    assert decide(replace(TOP, kind_difference=2.5, kind_unusualness=1.7), POLICY).outcome is Outcome.AWARDED
    assert decide(replace(TOP, kind_difference=2.6, kind_unusualness=1.6), POLICY).outcome is Outcome.AWARDED
    assert decide(replace(TOP, kind_difference=None, kind_unusualness=None), POLICY).outcome is Outcome.AWARDED


@given(st.booleans(), st.booleans(), st.booleans(), st.floats(0.5, 1.0), st.integers(12, 40), st.floats(0.5, 1.0))
def test_edge_017_no_mark_is_ever_lost(demo, provisional, trial, confidence, units, share):
    evidence = replace(
        TOP,
        demo=demo,
        provisional_key=provisional,
        decision_confidence=confidence,
        judgement_share=share,
        scenarios=units - 5,
        statements=5,
    )
    decision = decide(evidence, replace(POLICY, trial_issuer=trial))

    assert decision.outcome is Outcome.AWARDED
    assert decision.is_specimen == (demo or provisional or trial)
    assert ("demo-norm" in decision.specimen_reasons) == demo
    assert ("provisional-key" in decision.specimen_reasons) == provisional
    assert ("trial-issuer" in decision.specimen_reasons) == trial


def test_a_norm_of_a_trial_earns_a_specimen_after_the_trial():
    decision = decide(replace(TOP, norm_of_trial=True), POLICY)

    assert decision.outcome is Outcome.AWARDED
    assert decision.specimen_reasons == ("trial-norm",)


def test_every_reason_is_named_at_once_not_only_the_first():
    poor = replace(
        TOP,
        decision_confidence=0.1,
        statements=10,
        scenarios=0,
        judgement_share=0.0,
        is_balanced=False,
        norm_may_certify=False,
        norm_reasons=("window-too-old", "consent-not-stated"),
    )
    assert refusal_reasons(poor, POLICY) == (
        "below-the-cut",
        "fewer-than-minimum-units",
        "self-report-only",
        "fewer-than-minimum-scenarios",
        "judgement-share",
        "content-unbalanced",
        "norm-window-too-old",
        "norm-consent-not-stated",
    )


@pytest.mark.parametrize(
    ("values", "loose"),
    [
        ({}, []),
        ({"award_confidence": 0.8}, []),
        ({"award_confidence": 0.4}, ["award_confidence"]),
        ({"largest_kind_difference": 2.0}, []),
        ({"largest_kind_difference": 3.0}, ["largest_kind_difference"]),
        ({"fewest_units": 10, "must_be_balanced": False}, ["fewest_units", "must_be_balanced"]),
    ],
)
def test_loosened_gates_are_recognised_by_their_direction(values, loose):
    assert policies.loosened(AwardPolicy(**values)) == loose


@pytest.mark.parametrize("values", [{"award_confidance": 0.6}, {"fewest_units": "12"}, {"fewest_units": True}])
def test_a_policy_value_that_cannot_be_meant_is_named(values):
    with pytest.raises(PolicyInvalid, match=next(iter(values))):
        policies.parse(AwardPolicy, values)
