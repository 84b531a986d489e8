"""The norm group as prior of its sittings: along the composite the norm's own distribution, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.ability import estimate_ability
from scoring.composite import Composite, decayed_prior, faded_share
from scoring.errors import ScoringError
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_prior
from scoring.norms import NormTable
from scoring.simulation import simulate_responses

SKEWED = normal_prior(NODES, -0.5, 0.7) * 0.75 + normal_prior(NODES, 1.5, 0.6) * 0.25
NORM = NormTable.from_latent(NODES, SKEWED, 4_000)
COMPOSITES = [((0.5, 0.5), 0.5), ((0.7, 0.3), 0.2), ((1.0, 0.0), 0.0), ((0.2, 0.8), 0.9)]


def a_composite(weights, correlation) -> Composite:
    return Composite(weights, correlation, NORM.masses(NODES))


@pytest.mark.parametrize(("weights", "correlation"), COMPOSITES)
def test_whoever_answered_nothing_stands_as_the_norm_group_does(weights, correlation):
    nothing = a_composite(weights, correlation).posterior(None, None)

    for quantile in (0.1, 0.5, 0.9, 0.98):
        assert nothing.probability_above(NORM.cut(quantile).theta) == pytest.approx(1 - quantile, abs=0.004)


@pytest.mark.parametrize(("weights", "correlation"), COMPOSITES[:2])
def test_how_the_kinds_stand_where_the_composite_is_given_stays_as_in_the_normal_prior(weights, correlation):
    with_norm, normal = a_composite(weights, correlation), Composite(weights, correlation)
    values = with_norm.weights[0] * NODES[:, None] + with_norm.weights[1] * NODES[None, :]
    ratio = np.log(with_norm.prior) - np.log(normal.prior)

    same = np.unique(np.round(values, 9), return_inverse=True)[1].reshape(values.shape)
    spread = [np.ptp(ratio[same == number]) for number in range(same.max() + 1)]
    assert len(spread) < values.size, "no two cells have one composite"
    assert max(spread) < 1e-9


def test_a_norm_group_that_is_normal_changes_nothing():
    flat = Composite((0.5, 0.5), 0.5, normal_prior(NODES))

    assert np.abs(flat.prior - Composite((0.5, 0.5), 0.5).prior).max() < 1e-15


def test_of_one_kind_alone_it_is_the_estimate_of_one_dimension():
    items = ItemParameters(np.full(8, 1.6), np.linspace(-1.5, 2.0, 8)[:, None] + np.array([-0.8, 0.0, 0.8]))
    answers = simulate_responses(items, np.array([1.1]), np.random.default_rng(3))
    logs = log_likelihood(answers, items, NODES)[0]
    weights = np.exp(logs - logs.max()) * NORM.masses(NODES)

    found = a_composite((0.0, 1.0), 0.0).posterior(None, logs)

    assert found.mean == pytest.approx(float(weights @ NODES / weights.sum()), abs=1e-12)
    assert found.mean != pytest.approx(estimate_ability(answers, items).theta[0], abs=0.01)


def test_stated_probabilities_are_true_of_people_from_the_norm_group_and_not_under_a_normal_prior():
    rng = np.random.default_rng(20_261_130)
    people = rng.choice(NODES, 4_000, p=SKEWED / SKEWED.sum()) + rng.uniform(-0.1, 0.1, 4_000)
    items = ItemParameters(np.full(5, 1.3), np.linspace(-1.0, 2.0, 5)[:, None] + np.array([-0.8, 0.0, 0.8]))
    logs = log_likelihood(simulate_responses(items, people, rng), items, NODES)
    cut = NORM.cut(0.9).theta

    stated = {
        name: np.array([composite.posterior(None, own).probability_above(cut) for own in logs])
        for name, composite in (("own", a_composite((0.0, 1.0), 0.0)), ("normal", Composite((0.0, 1.0), 0.0)))
    }

    true = float((people >= cut).mean())
    error = 3 * np.sqrt(true * (1 - true) / people.size)
    assert abs(stated["own"].mean() - true) < error
    assert abs(stated["normal"].mean() - true) > error


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 240), st.floats(0.5, 1.0))
def test_what_faded_of_a_former_posterior_is_the_norm_group_again(months, retention):
    composite = a_composite((0.5, 0.5), 0.5)
    mean, covariance = np.array([1.4, 1.1]), np.array([[0.2, 0.05], [0.05, 0.15]])
    faded = decayed_prior(mean, covariance, months, retention, norm_variance=composite.covariance)
    share = faded_share(months, retention)

    laid = composite.laid(*faded, share).weights
    assert laid.sum() == pytest.approx(1.0)
    if share == 0.0:
        assert np.array_equal(laid, composite.laid(mean, covariance).weights)
    if share > 1 - 1e-9:
        assert np.abs(laid - composite.prior).max() < 1e-6


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_prior_has_of_the_norm_groups_log_density_the_share_that_faded(share):
    composite, mean, covariance = a_composite((0.5, 0.5), 0.5), np.array([0.4, 0.2]), np.array([[0.5, 0.2], [0.2, 0.6]])
    beside = np.log(composite.prior) - np.log(Composite((0.5, 0.5), 0.5).prior)

    got = np.log(composite.laid(mean, covariance, share).weights) - np.log(composite.laid(mean, covariance).weights)

    assert np.ptp(got - share * beside) < 1e-9


def test_a_share_that_is_none_is_refused():
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ScoringError, match="share of a prior"):
            a_composite((0.5, 0.5), 0.5).laid(np.zeros(2), np.eye(2), share)


@pytest.mark.parametrize(
    "masses", [SKEWED[:-1], np.where(NODES[3] == NODES, 0.0, SKEWED), np.full(61, np.nan), -SKEWED, []]
)
def test_masses_of_no_norm_group_are_refused(masses):
    with pytest.raises(ScoringError, match="61 masses"):
        Composite((0.5, 0.5), 0.5, masses)


def test_a_table_gives_masses_that_sum_to_one_and_are_nowhere_nothing():
    narrow = NormTable.from_latent(NODES, normal_prior(NODES, 0.0, 0.3), 500)

    for masses in (narrow.masses(NODES), NORM.masses(NODES)):
        assert masses.sum() == pytest.approx(1.0)
        assert (masses > 0).all()
    np.testing.assert_allclose(NORM.masses(NODES), SKEWED / SKEWED.sum(), atol=2e-5)
