"""Category probabilities and information, for every item and category, far into both tails."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import (
    category_logs,
    category_probabilities,
    item_information,
    log_likelihood,
    test_information,
)
from scoring.items import ItemParameters
from scoring.responses import MISSING

THETA = np.linspace(-8, 8, 65)
SIMPLE = ItemParameters([1.2, 0.8], [[-1.0, 1.0], [0.0, 0.5]])
NOMINAL = ItemParameters.nominal([[0.0, 1.0, -1.0]], [[0.0, 0.3, 0.1]])


@st.composite
def items_of_any_model(draw) -> ItemParameters:
    model = draw(st.sampled_from(["graded", "gpcm", "2pl", "rasch"]))
    size = draw(st.integers(1, 4))
    slopes = [1.0] * size if model == "rasch" else draw(st.lists(st.floats(0.05, 4), min_size=size, max_size=size))
    rows = []
    for _ in range(size):
        steps = draw(st.lists(st.floats(0.02, 3), min_size=0, max_size=0 if model in ("2pl", "rasch") else 5))
        row = list(np.cumsum([draw(st.floats(-5, 3)), *steps]))
        rows.append(draw(st.permutations(row)) if model == "gpcm" else row)
    width = max(map(len, rows))
    return ItemParameters(slopes, [list(row) + [np.nan] * (width - len(row)) for row in rows], model)


@pytest.mark.parametrize("theta", [np.nan, np.inf])
@pytest.mark.parametrize("asked", [item_information, test_information])
@pytest.mark.parametrize("items", [SIMPLE, NOMINAL], ids=["graded", "nominal"])
def test_nothing_is_said_about_a_theta_that_is_no_number(items, asked, theta) -> None:
    with pytest.raises(ScoringError, match="theta"):
        asked(items, [0.0, theta])


@settings(max_examples=60, deadline=None)
@given(items_of_any_model())
def test_probabilities_of_every_item_and_category_are_proper(items) -> None:
    probabilities = category_probabilities(items, THETA)

    assert np.isfinite(probabilities).all()
    assert (probabilities >= 0).all()
    assert np.abs(probabilities.sum(axis=2) - 1).max() < 1e-12
    for item, categories in enumerate(items.categories):
        assert (probabilities[:, item, :categories] > 0).all()
        assert (probabilities[:, item, categories:] == 0).all()


@settings(max_examples=60, deadline=None)
@given(items_of_any_model())
def test_a_higher_theta_makes_every_higher_category_more_likely(items) -> None:
    at_or_above = np.cumsum(category_probabilities(items, THETA)[:, :, ::-1], axis=2)[:, :, ::-1]

    assert (np.diff(at_or_above, axis=0) >= -1e-12).all()


@settings(max_examples=60, deadline=None)
@given(items_of_any_model())
def test_information_is_the_variance_of_the_score_function(items) -> None:
    step = 1e-5
    inner = np.linspace(-4, 4, 17)
    probabilities = category_probabilities(items, inner)
    slope = (category_probabilities(items, inner + step) - category_probabilities(items, inner - step)) / (2 * step)
    by_definition = np.where(probabilities > 0, slope**2 / np.where(probabilities > 0, probabilities, 1), 0).sum(axis=2)

    assert np.allclose(item_information(items, inner), by_definition, rtol=1e-4, atol=1e-7)
    assert np.allclose(test_information(items, inner), by_definition.sum(axis=1), rtol=1e-4, atol=1e-6)


def test_a_graded_item_by_hand() -> None:
    items = ItemParameters([2.0], [[-0.5, 1.0]])
    above_first, above_second = 1 / (1 + math.exp(-1.0)), 1 / (1 + math.exp(2.0))

    assert category_probabilities(items, [0.0])[0, 0] == pytest.approx(
        [1 - above_first, above_first - above_second, above_second]
    )


def test_a_partial_credit_item_by_hand() -> None:
    items = ItemParameters([1.5], [[0.2, -0.4]], model="gpcm")
    weights = [1.0, math.exp(1.5 * 0.8), math.exp(1.5 * 0.8 + 1.5 * 1.4)]

    assert category_probabilities(items, [1.0])[0, 0] == pytest.approx([weight / sum(weights) for weight in weights])


def test_a_tail_keeps_its_digits() -> None:
    lowest = category_probabilities(ItemParameters([4.0], [[-3.0, 0.0]]), [8.0])[0, 0, 0]

    assert lowest == pytest.approx(math.exp(-44.0), rel=1e-9, abs=0.0)


def test_a_negative_slope_mirrors_a_positive_one() -> None:
    falling = category_probabilities(ItemParameters([-1.2], [[1.0, -0.5]]), THETA)
    rising = category_probabilities(ItemParameters([1.2], [[-1.0, 0.5]]), -THETA)

    assert np.allclose(falling, rising, atol=1e-15)


def test_a_two_category_graded_item_is_the_two_parameter_model() -> None:
    assert np.allclose(
        category_probabilities(ItemParameters([1.3], [[0.4]]), THETA),
        category_probabilities(ItemParameters([1.3], [[0.4]], model="2pl"), THETA),
    )


def test_the_log_likelihood_sums_the_answered_items_only() -> None:
    items = ItemParameters([1.0, 2.0], [[-1.0, 1.0], [0.0, np.nan]])
    logs = np.log(category_probabilities(items, THETA)[:, 0, 2]), np.log(category_probabilities(items, THETA)[:, 1, 0])

    found = log_likelihood([[2, 0], [2, MISSING], [MISSING, MISSING]], items, THETA)

    assert np.allclose(found[0], logs[0] + logs[1])
    assert np.allclose(found[1], logs[0])
    assert (found[2] == 0).all()


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_rows_of_category_logs_summed_are_the_log_likelihood_to_the_last_bit(model) -> None:
    rng = np.random.default_rng(20261128)
    nodes = np.linspace(-6, 6, 61)
    items = ItemParameters(rng.uniform(0.3, 3, 40), np.sort(rng.normal(0, 2, (40, 4)), axis=1), model)
    logs = category_logs(items, nodes)
    for _ in range(50):
        places = np.sort(rng.choice(40, int(rng.integers(1, 20)), replace=False))
        codes = rng.integers(0, 5, places.size)
        whole = log_likelihood(codes[None, :], items.take(places), nodes)[0]
        assert np.array_equal(logs[places, codes].sum(axis=0), whole)


def test_a_category_the_item_does_not_have_is_refused_and_named() -> None:
    items = ItemParameters([1.0, 2.0], [[-1.0, 1.0], [0.0, np.nan]])

    with pytest.raises(InvalidResponses, match="Person 1, item 1: category 2"):
        log_likelihood([[2, 1], [0, 2]], items, THETA)


def test_responses_to_another_number_of_items_are_refused() -> None:
    with pytest.raises(InvalidResponses, match="3 items"):
        log_likelihood([[0, 0, 0]], ItemParameters([1.0], [[0.0]]), THETA)


@pytest.mark.parametrize("theta", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("model", ["graded", "gpcm", "nominal"])
def test_chances_at_no_theta_are_refused(theta: float, model: str) -> None:
    """NaN counted as certainty of the lowest category."""
    items = ItemParameters.nominal([[0.0, 1.0]], [[0.0, 0.0]])
    if model != "nominal":
        items = ItemParameters([1.0], [[-1.0, 1.0]], model)
    with pytest.raises(ScoringError, match="theta 1 is"):
        category_probabilities(items, [0.0, theta])
    with pytest.raises(ScoringError, match="theta 1 is"):
        log_likelihood([[0]], items, [0.0, theta])


def test_the_information_of_partial_credit_keeps_its_digits_in_both_tails() -> None:
    items = ItemParameters([3.0], [[0.0, 0.0, 0.0, 0.0]], "gpcm")
    far = item_information(items, [-14.0, 14.0]).ravel()
    assert far == pytest.approx([9 * np.exp(-42.0)] * 2, rel=1e-6, abs=0)
