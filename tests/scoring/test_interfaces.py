"""The public names that people and programs rely on: their arguments, in order, and what they answer with.

Arguments may be added at the end or by keyword; none may be renamed, moved or lose its default.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import scoring
from scoring import (
    Composite,
    ItemParameters,
    NormTable,
    ResponseMatrix,
    adverse_impact,
    calibrate,
    classification_accuracy,
    dif,
    estimate_ability,
    item_fit,
    item_information,
    link,
    marginal_reliability,
    person_fit,
    probability_above,
    simulate_responses,
    test_information,
)
from scoring.normal import NODES

REQUIRED = inspect.Parameter.empty
SIGNATURES = {
    "calibrate": {
        "responses": REQUIRED, "model": "graded", "quadrature": 61, "bounds": (-6.0, 6.0), "tolerance": 1e-6,
        "groups": None, "fixed": None,
    },
    "ItemParameters": {"slopes": REQUIRED, "thresholds": REQUIRED, "model": "graded"},
    "ResponseMatrix": {"codes": REQUIRED},
    "estimate_ability": {
        "responses": REQUIRED, "items": REQUIRED, "method": "eap", "prior_mean": 0.0, "prior_sd": 1.0,
        "quadrature": 61, "bounds": (-6.0, 6.0),
    },
    "probability_above": {"responses": REQUIRED, "items": REQUIRED, "cut": REQUIRED, "cut_se": 0.0},
    "Composite": {"weights": REQUIRED, "correlation": REQUIRED},
    "item_information": {"items": REQUIRED, "theta": REQUIRED},
    "test_information": {"items": REQUIRED, "theta": REQUIRED},
    "marginal_reliability": {"items": REQUIRED},
    "link": {"new": REQUIRED, "base": REQUIRED, "method": "stocking_lord"},
    "simulate_responses": {"items": REQUIRED, "theta": REQUIRED, "rng": REQUIRED},
    "next_item": {}, "decide": {}, "item_fit": {}, "person_fit": {}, "careless_indices": {}, "dif": {},
    "adverse_impact": {}, "classification_accuracy": {},
}  # fmt: skip
METHODS = {
    Composite.posterior: ["self", "judgement", "self_report"],
    NormTable.from_sample: ["theta", "standard_error", "weights"],
    NormTable.percentile_rank: ["self", "theta"],
    NormTable.cut: ["self", "quantile"],
    scoring.CompositePosterior.probability_above: ["self", "cut", "cut_se"],
}
ITEMS = ItemParameters([1.2, 0.9, 1.6, 1.1, 1.4], [[-1.0, 0.2, 1.0]] * 5)
RNG = np.random.default_rng(4)
THETA = RNG.standard_normal(400)
CODES = simulate_responses(ITEMS, THETA, RNG)


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_public_name_keeps_its_arguments(name: str) -> None:
    promised, found = SIGNATURES[name], inspect.signature(getattr(scoring, name)).parameters
    positional = [key for key, kept in found.items() if kept.kind is not inspect.Parameter.KEYWORD_ONLY]

    for key, default in promised.items():
        assert found[key].default == default, key
    given = [key for key in promised if key in positional]
    assert positional[: len(given)] == given
    assert not [key for key, kept in found.items() if promised and kept.default is REQUIRED and key not in promised]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__qualname__)
def test_a_public_method_keeps_its_arguments(method) -> None:
    found = [name for name in inspect.signature(method).parameters if name != "cls"]

    assert found[: len(METHODS[method])] == METHODS[method]


@pytest.mark.parametrize("model", ["graded", "2pl", "rasch", "gpcm", "nominal"])
def test_a_calibration_of_every_model_answers_with_its_promised_fields(model: str) -> None:
    codes = np.minimum(CODES, 1) if model == "2pl" else CODES
    found = calibrate(ResponseMatrix(codes), model)

    assert found.converged, found.notes
    assert found.iterations > 0
    assert np.isfinite(found.log_likelihood)
    assert len(found.items) == 5
    assert found.standard_errors.slopes.shape == (5,)
    assert isinstance(found.notes, tuple)
    assert found.group_means.tolist() == [0.0]
    assert found.group_sds.shape == (1,)
    assert (found.items.category_slopes is not None) == (model == "nominal")


@pytest.mark.parametrize("method", ["eap", "map", "wle", "ml"])
def test_abilities_answer_with_theta_and_error(method: str) -> None:
    found = estimate_ability(CODES, ITEMS, method)

    assert found.theta.shape == found.standard_error.shape == (400,)
    assert np.corrcoef(found.theta[found.is_finite], THETA[found.is_finite])[0, 1] > 0.7


def test_an_extreme_pattern_is_finite_but_for_maximum_likelihood() -> None:
    extremes = np.array([[0] * 5, [3] * 5])
    for method in ("eap", "map", "wle"):
        found = estimate_ability(extremes, ITEMS, method)
        assert np.isfinite(found.theta).all()
        assert found.theta[0] < found.theta[1]
    maximum = estimate_ability(extremes, ITEMS, "ml")
    assert maximum.theta.tolist() == [-np.inf, np.inf]
    assert np.isinf(maximum.standard_error).all()


def test_probabilities_norms_and_links_answer_as_promised() -> None:
    above = probability_above(CODES, ITEMS, 1.28, cut_se=0.05)
    norm = NormTable.from_sample(THETA)
    cut = norm.cut(0.90)
    linked = link(ITEMS, ITEMS)

    assert above.shape == (400,)
    assert ((above >= 0) & (above <= 1)).all()
    assert 0 <= float(norm.percentile_rank(0.0)) <= 100
    assert cut.interval[0] < cut.theta < cut.interval[1]
    assert cut.standard_error > 0
    assert (linked.slope, linked.intercept) == pytest.approx((1, 0), abs=1e-6)
    np.testing.assert_allclose(test_information(ITEMS, NODES), item_information(ITEMS, NODES).sum(axis=1))
    assert 0.5 < marginal_reliability(ITEMS) < 1


def test_a_composite_answers_with_probability_and_judgement_share() -> None:
    posterior = Composite((0.5, 0.5), 0.6).posterior(-2.0 * (NODES - 1) ** 2, -3.0 * (NODES - 1) ** 2)

    assert 0 < posterior.probability_above(1.28, 0.05) < 1
    assert 0 < posterior.judgement_share < 1


def test_quality_and_fairness_answer_for_every_item_or_person() -> None:
    groups = np.arange(400) % 2

    assert item_fit(CODES, ITEMS).s_x2.shape == (5,)
    assert person_fit(CODES, ITEMS).lz_star.shape == (400,)
    assert dif(CODES, groups).chi_square.shape == (5,)
    assert adverse_impact({"sex": np.where(groups == 0, "F", "M")}, awarded=THETA > 1).table("sex").rows
    assert 0.5 < classification_accuracy(THETA, np.full(400, 0.3), 1.28).accuracy <= 1
