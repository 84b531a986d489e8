"""Abilities agree with an established package on public data, and behave where data are extreme."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.ability import NODES, estimate_ability, normal_prior, probability_above
from scoring.errors import InvalidResponses, ScoringError
from scoring.items import ItemParameters
from scoring.normal import normal_distribution
from scoring.responses import MISSING
from scoring.simulation import simulate_responses
from tests.conftest import shared_file

ITEMS = ItemParameters(
    [1.2, 0.8, 2.0, 1.5, 1.0],
    [[-1.5, -0.5, 0.5], [-2.0, 0.0, 1.0], [-1.0, 0.2, 1.2], [-0.5, 0.5, np.nan], [0.8, np.nan, np.nan]],
)
responses_to_items = st.lists(
    st.tuples(*(st.integers(MISSING, int(categories) - 1) for categories in ITEMS.categories)), min_size=1, max_size=5
)
METHODS = ("eap", "map", "wle", "ml")
MODEL_OF = {"graded": "graded", "gpcm": "gpcm", "2PL": "2pl", "Rasch": "gpcm"}  # mirt's Rasch of 3 categories: slope 1
TOLERANCE = 1e-4  # the parity goal for estimates; standard errors of modes come from the reference's differences
ERROR_TOLERANCE = {"eap": 1e-4, "map": 1e-4, "wle": 5e-4, "ml": 3e-4}


def reference(name: str) -> tuple[ItemParameters, np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
    model = json.loads(shared_file(f"reference/{name}.json").read_text())
    rows = list(csv.reader(Path(shared_file(f"reference/{name}_scores.csv")).read_text().splitlines()))
    numbers = np.array([[math.nan if cell in ("NA", "") else float(cell) for cell in row] for row in rows[1:]])
    parameters = np.array([[math.nan if b is None else b for b in row] for row in model["irt"]], dtype=float)
    kind = MODEL_OF[model["itemtype"]]
    thresholds = parameters[:, 1:2] if kind == "2pl" else parameters[:, 1:]
    codes = numbers[:, 10:]
    scores = {method: (numbers[:, 1 + 2 * k], numbers[:, 2 + 2 * k]) for k, method in enumerate(METHODS)}
    return ItemParameters(parameters[:, 0], thresholds, kind), codes - np.nanmin(codes), scores


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "name",
    [
        "bfi_A__graded", "bfi_C__graded", "bfi_E__graded", "BIG5_A__graded", "BIG5_E__graded", "Science__graded",
        "verbagg__graded", "bfi_E__gpcm", "Science__gpcm", "verbagg__gpcm", "LSAT7__2PL", "verbagg_dichot__2PL",
        "verbagg__Rasch",
    ],
)  # fmt: skip
def test_estimates_agree_with_the_reference(name, method) -> None:
    if name == "verbagg__Rasch" and method in ("eap", "map"):
        pytest.skip("the reference file does not state the latent variance that its Rasch prior used")
    items, codes, scores = reference(name)
    theta, error = scores[method]

    found = estimate_ability(codes, items, method)

    finite = np.isfinite(theta)
    assert (found.is_finite == finite).all()
    assert np.abs(found.theta[finite] - theta[finite]).max() < TOLERANCE
    assert np.abs(found.standard_error[finite] - error[finite]).max() < ERROR_TOLERANCE[method]
    assert (found.theta[~finite] == theta[~finite]).all()


def test_nodes_are_those_of_the_calibration() -> None:
    assert NODES.size == 61
    assert NODES[[0, 30, 60]].tolist() == [-6.0, 0.0, 6.0]
    assert normal_prior(NODES).sum() == pytest.approx(1.0, abs=1e-15)
    assert normal_prior(NODES, mean=1.0, sd=0.5) @ NODES == pytest.approx(1.0, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(responses_to_items)
def test_eap_and_map_are_finite_for_every_pattern(codes) -> None:
    for method in ("eap", "map"):
        ability = estimate_ability(codes, ITEMS, method)

        assert ability.is_finite.all()
        assert (ability.standard_error > 0).all()
        assert (ability.standard_error <= 1.0 + 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(responses_to_items.filter(lambda codes: all(any(code != MISSING for code in row) for row in codes)))
def test_wle_is_finite_for_every_pattern_with_a_response(codes) -> None:
    ability = estimate_ability(codes, ITEMS, "wle")

    assert np.isfinite(ability.theta).all()
    assert (ability.standard_error > 0).all()
    assert np.isfinite(ability.standard_error).all()


@pytest.mark.parametrize("method", ["eap", "map", "wle"])
def test_one_category_more_on_any_item_raises_the_estimate(method) -> None:
    middle = np.array([1, 1, 1, 1, 0])
    better = middle + np.eye(5, dtype=int)

    found = estimate_ability(np.vstack([middle, better]), ITEMS, method).theta

    assert (found[1:] > found[0]).all()


def test_maximum_likelihood_says_where_it_has_no_estimate() -> None:
    ability = estimate_ability([[0, 0, 0, 0, 0], [3, 3, 3, 2, 1], [1, 2, 1, 1, 0], [3, MISSING, 3, 2, 1]], ITEMS, "ml")

    assert ability.theta[[0, 1, 3]].tolist() == [-math.inf, math.inf, math.inf]
    assert ability.standard_error[[0, 1, 3]].tolist() == [math.inf] * 3
    assert ability.is_finite.tolist() == [False, False, True, False]


def test_a_falling_item_turns_what_is_extreme() -> None:
    items = ItemParameters([1.0, -1.0], [[0.0], [0.0]], model="2pl")

    theta = estimate_ability([[1, 0], [0, 1], [1, 1]], items, "ml").theta

    assert theta[:2].tolist() == [math.inf, -math.inf]
    assert theta[2] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("method", ["ml", "wle"])
def test_a_person_without_any_response_has_no_estimate_without_a_prior(method) -> None:
    with pytest.raises(InvalidResponses, match="Person 1 has no response"):
        estimate_ability([[0, 1, 1, 1, 0], [MISSING] * 5], ITEMS, method)


@pytest.mark.parametrize("method", ["eap", "map"])
def test_a_person_without_any_response_keeps_the_prior(method) -> None:
    ability = estimate_ability([[MISSING] * 5], ITEMS, method, prior_mean=0.4, prior_sd=0.7)

    assert ability.theta[0] == pytest.approx(0.4, abs=1e-6)
    assert ability.standard_error[0] == pytest.approx(0.7, abs=1e-6)


def test_a_likelihood_of_two_hills_gives_the_higher() -> None:
    items = ItemParameters([6.0, 6.0, 6.0], [[-3.0], [-2.9], [3.0]], model="2pl")
    codes = [[0, 1, 1]]

    found = estimate_ability(codes, items, "wle").theta[0]

    assert np.isfinite(found)
    assert -4.0 < found < 4.0


def test_nobody_gives_nothing() -> None:
    for method in METHODS:
        assert estimate_ability(np.empty((0, 5)), ITEMS, method).theta.shape == (0,)
    assert probability_above(np.empty((0, 5)), ITEMS, 1.0).shape == (0,)


def test_people_are_estimated_one_by_one_as_together() -> None:
    codes = np.random.default_rng(4).integers(MISSING, 2, size=(30, 5))
    codes[:, 0] = 1
    for method in ("eap", "map", "wle"):
        together = estimate_ability(codes, ITEMS, method).theta
        alone = [estimate_ability(codes[[k]], ITEMS, method).theta[0] for k in range(30)]
        assert np.allclose(together, alone, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "mle"}, "Unknown method"),
        ({"prior_sd": 0.0}, "positive sd"),
        ({"prior_mean": math.nan}, "finite mean"),
        ({"quadrature": 1}, "two nodes"),
        ({"bounds": (1.0, -1.0)}, "rising bounds"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, message) -> None:
    with pytest.raises(ScoringError, match=message):
        estimate_ability([[0, 0, 0, 0, 0]], ITEMS, **arguments)


@pytest.mark.parametrize("method", METHODS)
def test_responses_that_do_not_fit_the_items_are_refused_by_every_method(method) -> None:
    with pytest.raises(InvalidResponses, match="item 4"):
        estimate_ability([[0, 0, 0, 0, 2]], ITEMS, method)


@pytest.mark.parametrize("cut_se", [0.0, 0.1, 0.5])
def test_the_probability_above_a_cut_is_near_the_normal_approximation(cut_se) -> None:
    rng = np.random.default_rng(1)
    items = ItemParameters(np.full(40, 1.6), np.sort(rng.uniform(-1.5, 3, (40, 4)), axis=1))
    codes = rng.integers(0, 5, size=(20, 40))
    ability = estimate_ability(codes, items)

    found = probability_above(codes, items, 0.8, cut_se=cut_se)

    expected = normal_distribution((ability.theta - 0.8) / np.hypot(ability.standard_error, cut_se))
    assert np.abs(found - expected).max() < 0.02


def test_the_probability_above_a_cut_of_the_prior_alone_is_normal() -> None:
    nobody = [[MISSING] * 5]
    for cut in np.linspace(-3, 3, 25):
        assert probability_above(nobody, ITEMS, cut)[0] == pytest.approx(normal_distribution(-cut), abs=3e-4)
    assert probability_above(nobody, ITEMS, 1.0, cut_se=0.75)[0] == pytest.approx(
        normal_distribution(-1.0 / 1.25), abs=1e-4
    )


@settings(max_examples=40, deadline=None)
@given(responses_to_items, st.floats(-5, 5), st.floats(0, 1))
def test_a_higher_cut_is_never_more_probable(codes, cut, cut_se) -> None:
    here = probability_above(codes, ITEMS, cut, cut_se=cut_se)
    higher = probability_above(codes, ITEMS, cut + 0.01, cut_se=cut_se)

    assert ((here >= 0) & (here <= 1)).all()
    assert (higher <= here).all()


@pytest.mark.parametrize(("cut", "cut_se"), [(math.nan, 0.0), (1.0, -0.1), (1.0, math.inf)])
def test_a_cut_that_is_none_is_refused(cut, cut_se) -> None:
    with pytest.raises(ScoringError, match="cut"):
        probability_above([[0] * 5], ITEMS, cut, cut_se=cut_se)


@pytest.mark.parametrize("model", ["graded", "gpcm", "2pl"])
def test_many_persons_are_placed_where_each_is_placed_alone(model: str) -> None:
    rng = np.random.default_rng(5)
    thresholds = np.sort(rng.normal(size=(30, 1 if model == "2pl" else 4)), axis=1)
    sign = rng.choice([1, -1], 30)
    items = ItemParameters(rng.lognormal(0.5, 0.6, 30) * sign, thresholds * sign[:, None], model)
    codes = rng.integers(MISSING, 2 if model == "2pl" else 5, (2_000, 30)).astype(np.int8)  # nobody's answers: far out
    codes[0] = MISSING
    many = estimate_ability(codes, items, prior_mean=0.3, prior_sd=0.9)
    few = [estimate_ability(codes[at : at + 500], items, prior_mean=0.3, prior_sd=0.9) for at in range(0, 2_000, 500)]
    np.testing.assert_allclose(many.theta, np.concatenate([part.theta for part in few]), atol=1e-9)
    errors = np.concatenate([part.standard_error for part in few])
    np.testing.assert_allclose(many.standard_error, errors, atol=1e-9)


@pytest.mark.parametrize(("mean", "sd"), [(9.0, 1.0), (50.0, 0.5), (0.0, 2.5), (-4.0, 1.0)])
def test_a_prior_that_the_nodes_do_not_hold_is_refused(mean: float, sd: float) -> None:
    items, codes = ItemParameters([1.0, 1.5], [[-1.0, 1.0], [0.0, 2.0]]), [[2, 2], [0, 0]]
    for estimated in (estimate_ability, lambda *given, **prior: probability_above(*given, 1.0, **prior)):
        with pytest.raises(ScoringError, match=r"does not lie between the nodes.*(wider|scale around 0)"):
            estimated(codes, items, prior_mean=mean, prior_sd=sd)
    reach = (mean - 8 * sd, mean + 8 * sd)
    wide = estimate_ability(codes, items, prior_mean=mean, prior_sd=sd, quadrature=801, bounds=reach)
    assert np.isfinite(wide.theta).all()
    assert np.isfinite(estimate_ability(codes, items, "map", prior_mean=mean, prior_sd=sd).theta).all()


@pytest.mark.parametrize("persons", [40, 1_000])
def test_a_posterior_narrower_than_the_nodes_keeps_its_mean_and_its_error(persons: int) -> None:
    """On the nodes alone it fell into one of them: a standard error of 1e-5 where .05 is right."""
    rng = np.random.default_rng(101)
    items = ItemParameters(np.full(200, 3.0), np.sort(rng.normal(0, 1, (200, 3)), axis=1) + 0.2 * np.arange(3))
    theta = rng.standard_normal(persons)
    codes = simulate_responses(items, theta, rng)
    found, fine = estimate_ability(codes, items), estimate_ability(codes, items, quadrature=2401)
    np.testing.assert_allclose(found.theta, fine.theta, atol=0.01)
    np.testing.assert_allclose(found.standard_error, fine.standard_error, rtol=0.3)
    assert np.mean(np.abs(found.theta - theta) < 1.96 * found.standard_error) > 0.88


@pytest.mark.parametrize("slope", [15.0, 30.0])
def test_a_person_stands_where_they_stand_however_many_are_scored_with_them(slope: float) -> None:
    thresholds = np.tile([-2.0, -1.0, 0.0, 1.0], (24, 1)) + np.linspace(-0.5, 0.5, 24)[:, None]
    items = ItemParameters(np.full(24, slope), thresholds)
    codes = np.zeros((2_200, 24), dtype=np.int8)
    codes[:, ::2] = 4
    codes[0], codes[1, :-1] = np.tile([0, 4], 12), 4
    together, alone = estimate_ability(codes, items), estimate_ability(codes[:2], items)
    np.testing.assert_allclose(together.theta[:2], alone.theta, atol=1e-9)
    np.testing.assert_allclose(together.standard_error[:2], alone.standard_error, atol=1e-9)


@pytest.mark.parametrize("slope", [100.0, 300.0, 1000.0])
def test_steep_items_leave_warms_estimate_finite(slope: float) -> None:
    items = ItemParameters(np.full(5, slope), np.linspace(-1, 1, 5), "2pl")
    found = estimate_ability([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], items, "wle")
    assert np.isfinite(found.theta).all()
    assert np.isfinite(found.standard_error).all()
    assert 0.0 <= found.theta[0] <= 0.5
    assert 1.0 <= found.theta[1] < 1.1


@pytest.mark.parametrize("method", ["wle", "ml"])
def test_whoever_answered_only_an_item_that_a_calibration_called_silent_has_no_estimate(method: str) -> None:
    items = ItemParameters([1.5, 1e-4], [0.0, 3e5], "2pl")
    with pytest.raises(InvalidResponses, match="Person 1 has no response"):
        estimate_ability([[1, 0], [MISSING, 0]], items, method)
    assert estimate_ability([[1, 0]], items, "ml").theta[0] == np.inf


def test_items_that_all_but_say_nothing_are_refused_by_warms_method() -> None:
    items = ItemParameters([1.1e-4, 1.1e-4], [4e5, 4e5], "2pl")
    with pytest.raises(InvalidResponses, match="say nothing"):
        estimate_ability([[0, 0]], items, "wle")
