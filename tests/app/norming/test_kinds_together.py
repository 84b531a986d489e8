"""How the two kinds of evidence go together is told by the sample that sets the scale, and stays with that scale."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from app.assessment.policy import SittingPolicy
from app.norming import bases, kinds_together
from app.norming.samples import KindOfEvidence
from scoring.items import ItemParameters
from scoring.responses import MISSING, ResponseMatrix
from scoring.simulation import simulate_responses

ITEMS = {
    "judgement": ItemParameters(np.full(30, 1.2), np.linspace(-1.5, 2, 30)[:, None] + np.array([-1.2, -0.4, 0.4, 1.2])),
    "self_report": ItemParameters(np.full(60, 1.6), np.linspace(-1.5, 2, 60)[:, None] + np.array([-1, -0.3, 0.3, 1.0])),
}


def read(kind, theta, rng, asked):
    """Everybody answers `asked` of the kind's items, drawn by chance."""
    codes = simulate_responses(ITEMS[kind], theta, rng)
    order = rng.permuted(np.tile(np.arange(codes.shape[1]), (theta.size, 1)), axis=1)
    codes[order >= asked] = MISSING
    names = tuple(f"{kind}{k}" for k in range(codes.shape[1]))
    return KindOfEvidence(names, ResponseMatrix(codes)), names, ITEMS[kind], 0.0


def two_kinds(correlation, n, seed=1):
    rng = np.random.default_rng(seed)
    theta = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
    return read("judgement", theta[:, 0], rng, 8), read("self_report", theta[:, 1], rng, 10)


@pytest.mark.parametrize("correlation", [0.1, 0.5, 0.9])
def test_founding_forms_tell_it(correlation):
    told = kinds_together.estimated(*two_kinds(correlation, 1500))
    assert kinds_together.in_use(told) == told["correlation"]
    assert abs(told["correlation"] - correlation) < 3.5 * told["standard_error"]
    assert told["standard_error"] < 0.05
    assert told["n"] == 1500


def test_very_many_people_are_told_by_some_of_them(monkeypatch):
    monkeypatch.setattr(kinds_together, "MOST_PEOPLE", 400)
    assert kinds_together.estimated(*two_kinds(0.5, 1500))["n"] == 400


def test_too_few_people_or_none_who_answered_both_leave_the_policys_value():
    few = kinds_together.estimated(*two_kinds(0.5, 40))
    assert few["standard_error"] is None or few["standard_error"] > kinds_together.LARGEST_ERROR
    assert kinds_together.in_use(few) is None
    judgement, self_report = two_kinds(0.5, 40)
    nothing = KindOfEvidence(self_report[1], ResponseMatrix(np.full((40, 60), MISSING, dtype=np.int8)))
    none = kinds_together.estimated(judgement, (nothing, *self_report[1:]))
    assert none["correlation"] is None
    assert none["reason"]
    for stored in (none, None, {}):
        assert kinds_together.in_use(stored) is None


def test_a_norm_is_read_by_what_its_scale_tells_and_else_by_the_policy():
    both = {"judgement": object(), "self_report": object()}
    policy = SittingPolicy()
    told, untold = (SimpleNamespace(kinds_correlation=value, **both) for value in (0.31, None))
    assert bases._composite_of(told, policy) == (policy.composite_weights, 0.31)
    assert bases._composite_of(untold, policy) == (policy.composite_weights, policy.kinds_correlation)
