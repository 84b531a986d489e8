"""The norm group as prior of its sittings: along the composite the norm's own distribution, and nothing else."""

import numpy as np
import pytest

from scoring.ability import estimate_ability
from scoring.composite import Composite, decayed_prior
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

    assert np.abs(flat.prior - Composite((0.5, 0.5), 0.5).prior).max() < 1e-9


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


def test_a_group_that_is_normal_with_another_mean_and_spread_has_no_shape_beside_it():
    composite = Composite((0.5, 0.5), 0.5, normal_prior(NODES, 0.4, 0.8))

    assert np.abs(composite.shape).max() < 1e-3
    assert np.abs(composite.prior - composite.normal_part).max() < 1e-6
    assert composite.weights @ composite.normal_mean == pytest.approx(0.4, abs=1e-3)
    assert composite.weights @ composite.normal_covariance @ composite.weights == pytest.approx(0.64, abs=1e-3)


def test_a_retake_starts_at_once_from_the_former_posterior_and_at_last_from_the_norm_group():
    composite = a_composite((0.5, 0.5), 0.5)
    logs = [-0.5 * 3.0 * (NODES - at) ** 2 for at in (1.6, 0.9)]
    former = composite.posterior(*logs)
    kinds = np.array(former.kind_means), former.kind_covariance
    group = {"norm_mean": composite.normal_mean, "norm_variance": composite.normal_covariance}

    at_once = composite.posterior(None, None, prior=decayed_prior(*kinds, 0.0, 0.97, **group))
    at_last = composite.posterior(None, None, prior=decayed_prior(*kinds, 10_000.0, 0.97, **group))

    nothing = composite.posterior(None, None)
    for cut in (0.0, 1.0, 1.8):
        assert at_once.probability_above(cut) == pytest.approx(former.probability_above(cut), abs=0.005)
        assert at_last.probability_above(cut) == pytest.approx(nothing.probability_above(cut), abs=0.005)
    assert at_last.judgement_share == pytest.approx(nothing.judgement_share, abs=0.01)
    assert former.kind_means != tuple(former.theta), "the shape belongs to the composite"


@pytest.mark.parametrize("group", ["right", "left", "humps", "shifted"])
@pytest.mark.parametrize("months", [3.0, 18.0])
def test_before_a_retake_as_many_are_expected_above_as_there_are(group, months):
    """A start that counts the norm group's shape twice, or half, says .13 of a tenth."""
    density = {
        "right": SKEWED,
        "left": SKEWED[::-1],
        "humps": normal_prior(NODES, -1.0, 0.5) + normal_prior(NODES, 1.0, 0.5),
        "shifted": normal_prior(NODES, 1.0, 0.9),
    }[group]
    rng, density = np.random.default_rng(4), density / density.sum()
    table = NormTable.from_latent(NODES, density, 4_000)
    composite, cut = Composite((0.0, 1.0), 0.0, table.masses(NODES)), table.cut(0.9).theta
    people = rng.choice(NODES, 1_500, p=density) + rng.uniform(-0.1, 0.1, 1_500)
    kept = {"norm_mean": composite.normal_mean, "norm_variance": composite.normal_covariance}
    expected = []
    for seen in people + rng.normal(size=people.size):
        former = composite.posterior(None, -0.5 * (NODES - seen) ** 2)
        prior = decayed_prior(np.array(former.kind_means), former.kind_covariance, months, 0.97, **kept)
        expected.append(composite.posterior(None, None, prior=prior).probability_above(cut))

    true = float((people >= cut).mean())
    assert np.mean(expected) == pytest.approx(true, abs=0.012)


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


def test_the_norm_groups_own_spread_is_no_evidence_of_a_retake():
    narrow = Composite((0.5, 0.5), 0.5, normal_prior(NODES, 0.3, 0.5))

    assert narrow.laid(narrow.normal_mean, narrow.normal_covariance).information == pytest.approx([0.0, 0.0], abs=1e-9)
    assert narrow.posterior(None, None, prior=(narrow.normal_mean, narrow.normal_covariance)).judgement_share == 0.0


@pytest.mark.parametrize("reach", [1.5, 1.8])
def test_a_table_of_scores_has_nobody_beyond_its_ends_as_a_prior(reach):
    scores = np.clip(0.9 * np.random.default_rng(5).standard_normal(2000), -reach, reach)
    table = NormTable.from_sample(scores)
    masses = table.masses(NODES)
    assert masses[np.abs(NODES) > reach + 0.2].sum() < 1e-9
    assert np.sqrt(masses @ (NODES - masses @ NODES) ** 2) == pytest.approx(scores.std(), rel=0.01)
    above = Composite((1.0, 1.0), 0.5, masses).posterior(None, None).probability_above(table.cut(0.9).theta)
    assert above == pytest.approx(0.1, abs=0.04)  # a step of the nodes holds more


def test_masses_at_nodes_of_another_scale_are_refused():
    table = NormTable.from_sample(100 + 15 * np.random.default_rng(5).standard_normal(500))
    with pytest.raises(ScoringError, match="own scale"):
        table.masses(NODES)
