"""Chances of resting, found by simulation: under the cap where the bank allows it, and handed on with the norm."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from app.assessment.policy import SittingPolicy
from app.assessment.queries import latest_edition
from app.foundation.access import system
from app.norming.exposure import can_hold, exposure_of
from app.norming.models import NormState
from app.norming.publish_norm import publish_norm
from scoring.items import ItemParameters
from tests.app.norming.builders import SKILL, a_calibrated_sample, a_norm, people

CATEGORIES = np.array([-1.3, -0.4, 0.4, 1.3])
FACETS = 4


def a_kind(name: str, count: int, slope: float):
    rng = np.random.default_rng(count)
    items = ItemParameters(rng.lognormal(np.log(slope), 0.2, count), rng.standard_normal((count, 1)) + CATEGORIES)
    return tuple(f"{name}{number:02d}" for number in range(count)), items


def found(sittings: int = 2400, **policy: float):
    scenarios, statements = a_kind("S", 30, 1.5), a_kind("B", 60, 1.5)
    facets = {
        code: str(number % FACETS) for codes in (scenarios[0], statements[0]) for number, code in enumerate(codes)
    }
    return exposure_of(
        scenarios, statements, facets, stray_shares=(0.0, 0.0), policy=SittingPolicy(**policy), sittings=sittings
    )


def test_no_item_is_shown_more_often_than_the_cap():
    exposure = found()
    assert exposure["greatest"] <= exposure["cap"] + 0.02  # chance of 2,400 sittings: .01
    assert exposure["greatest_without"] > 0.6
    assert len(exposure["probabilities"]) == 90


def test_the_same_items_and_policy_give_the_same_chances():
    assert found(600) == found(600)


def test_a_bank_too_small_for_the_cap_rests_nothing():
    policy = SittingPolicy()
    assert can_hold(30, 60, policy)
    assert not can_hold(12, 60, policy)
    assert not can_hold(30, 10, policy)
    small = a_kind("S", 12, 1.5), a_kind("B", 24, 1.5)
    facets = dict.fromkeys((*small[0][0], *small[1][0]), "a")
    assert exposure_of(*small, facets, stray_shares=(0.0, 0.0), policy=policy, sittings=100) is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_published_norm_hands_the_chances_of_its_run_to_the_edition(session, clock, entropy):
    staff = people(session, clock.now())
    run = a_calibrated_sample(session, clock, entropy)
    run.exposure = {"early_among": 30, "stay_eligible": 2, "probabilities": {"P00": 0.5}}
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    clock.advance(timedelta(hours=25))
    publish_norm(norm.id, session=session, clock=clock, actor=system())
    assert latest_edition(SKILL, "en", session=session).exposure == run.exposure
