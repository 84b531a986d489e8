"""The certified score: its posterior against closed forms, and a page that can never contradict itself."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scoring.ability import estimate_ability
from scoring.ability import probability_above as probability_above_in_one_dimension
from scoring.composite import Composite, decayed_prior, kinds_apart
from scoring.errors import ScoringError
from scoring.graded_response import log_likelihood
from scoring.information_share import share_of_judgement
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_distribution

NORMAL_90 = 1.6448536269514722


def normal_evidence(at: float, information: float) -> np.ndarray:
    return -0.5 * information * (NODES - at) ** 2


def closed_form(composite, at, information) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of both thetas after one normal observation of each."""
    precision = np.diag(information)
    covariance = np.linalg.inv(np.linalg.inv(composite.covariance) + precision)
    return covariance @ precision @ np.asarray(at), covariance


@st.composite
def evidence(draw) -> np.ndarray:
    """Log-likelihood of a few graded items, one-sided patterns included: skewed posteriors."""
    size = draw(st.integers(1, 12))
    slopes = draw(st.lists(st.floats(0.2, 4), min_size=size, max_size=size))
    locations = draw(st.lists(st.floats(-3, 4), min_size=size, max_size=size))
    codes = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    thresholds = np.array(locations)[:, None] + np.array([-1.2, -0.3, 0.4, 1.1])
    return log_likelihood([codes], ItemParameters(slopes, thresholds), NODES)[0]


composites = st.builds(
    Composite,
    st.sampled_from([(0.5, 0.5), (1.0, 0.0), (0.0, 1.0), (0.6, 0.4), (0.95, 0.05), (0.37, 0.63)]),
    st.sampled_from([-0.3, 0.0, 0.3, 0.6, 0.9]),
)
any_evidence = st.one_of(st.none(), evidence())


@settings(max_examples=300, deadline=None)
@given(composites, any_evidence, any_evidence, st.floats(-4, 4), st.sampled_from([0.0, 0.02, 0.08, 0.5]))
def test_the_probability_is_a_half_or_more_exactly_when_the_median_is_at_or_above_the_cut(
    composite, judgement, self_report, cut, cut_se
) -> None:
    posterior = composite.posterior(judgement, self_report)
    probability, median = posterior.probability_above(cut, cut_se), posterior.median(cut_se)

    assert posterior.probability_above(median, cut_se) == pytest.approx(0.5, abs=1e-10)
    if abs(probability - 0.5) > 1e-10:
        assert (probability > 0.5) == (median > cut)


@settings(max_examples=150, deadline=None)
@given(composites, evidence(), evidence(), st.sampled_from([0.0, 0.08]))
def test_the_verdict_at_a_cut_laid_beside_the_median_is_that_of_the_probability(
    composite, judgement, self_report, cut_se
) -> None:
    posterior = composite.posterior(judgement, self_report)
    median = posterior.median(cut_se)

    assert posterior.probability_above(median - 1e-6, cut_se) > 0.5
    assert posterior.probability_above(median + 1e-6, cut_se) < 0.5


@settings(max_examples=100, deadline=None)
@given(composites, any_evidence, any_evidence, st.floats(-4, 4), st.floats(0.001, 2), st.floats(0, 0.5))
def test_the_probability_falls_strictly_with_the_cut(composite, judgement, self_report, cut, step, cut_se) -> None:
    posterior = composite.posterior(judgement, self_report)
    lower, higher = posterior.probability_above(cut, cut_se), posterior.probability_above(cut + step, cut_se)

    assert 0.0 <= higher <= lower <= 1.0
    assume(1e-9 < lower < 1 - 1e-9)
    assert higher < lower


@settings(max_examples=60, deadline=None)
@given(composites, evidence(), evidence(), st.sampled_from([0.0, 0.1]))
def test_the_interval_holds_what_it_says_and_surrounds_the_median(composite, judgement, self_report, cut_se) -> None:
    posterior = composite.posterior(judgement, self_report)
    low, high = posterior.interval(0.90, cut_se)

    assert low < posterior.median(cut_se) < high
    held = posterior.probability_above(low, cut_se) - posterior.probability_above(high, cut_se)
    assert held == pytest.approx(0.90, abs=1e-9)


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.6, 0.4), (1.0, 0.0), (0.2, 0.8)])
@pytest.mark.parametrize("correlation", [-0.3, 0.0, 0.5, 0.7, 0.9])
def test_normal_evidence_gives_the_closed_form(weights, correlation) -> None:
    composite = Composite(weights, correlation)
    mean, covariance = closed_form(composite, [1.4, 0.6], [4.0, 7.0])
    expected, error = composite.weights @ mean, math.sqrt(composite.weights @ covariance @ composite.weights)

    posterior = composite.posterior(normal_evidence(1.4, 4.0), normal_evidence(0.6, 7.0))

    assert posterior.mean == pytest.approx(expected, abs=1e-5)
    assert posterior.standard_error == pytest.approx(error, abs=1e-5)
    assert posterior.kind_means == pytest.approx(tuple(mean), abs=1e-5)
    assert posterior.kind_standard_errors == pytest.approx(tuple(np.sqrt(np.diag(covariance))), abs=1e-5)
    assert posterior.median() == pytest.approx(expected, abs=5e-4)
    assert posterior.interval() == pytest.approx((expected - NORMAL_90 * error, expected + NORMAL_90 * error), abs=1e-3)
    for cut in np.linspace(-1, 3, 41):
        for cut_se in (0.0, 0.08, 0.3):
            assert posterior.probability_above(cut, cut_se) == pytest.approx(
                float(normal_distribution((expected - cut) / math.hypot(error, cut_se))), abs=1e-3
            )


def test_without_evidence_the_composite_is_standard_normal_whatever_weights_and_correlation() -> None:
    for weights in [(0.5, 0.5), (3.0, 1.0), (0.0, 2.0)]:
        for correlation in (-0.5, 0.0, 0.6, 0.95):
            posterior = Composite(weights, correlation).posterior(None, None)
            assert posterior.mean == pytest.approx(0.0, abs=1e-9)
            assert posterior.standard_error == pytest.approx(1.0, abs=2e-3)
            assert posterior.probability_above(1.2815515655446004) == pytest.approx(0.10, abs=5e-4)


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", [0, 1])
def test_the_weight_on_one_kind_alone_is_the_single_theta(correlation, kind) -> None:
    items = ItemParameters([1.0, 1.5, 0.7], [[-1.0, 0.5], [0.0, 1.0], [0.2, 1.5]])
    codes = [[2, 2, 1]]
    logs = log_likelihood(codes, items, NODES)[0]
    weights, both = ((1.0, 0.0), (logs, None)) if kind == 0 else ((0.0, 1.0), (None, logs))

    posterior = Composite(weights, correlation).posterior(*both)

    alone = estimate_ability(codes, items)
    assert posterior.mean == pytest.approx(alone.theta[0], abs=1e-9)
    assert posterior.standard_error == pytest.approx(alone.standard_error[0], abs=1e-9)
    for cut, cut_se in ((0.3, 0.0), (1.28, 0.06)):
        assert posterior.probability_above(cut, cut_se) == pytest.approx(
            probability_above_in_one_dimension(codes, items, cut, cut_se=cut_se)[0], abs=1e-9
        )


def test_evidence_of_one_kind_tells_of_the_other_by_their_correlation() -> None:
    posterior = Composite((0.5, 0.5), 0.6).posterior(normal_evidence(2.0, 5.0), None)

    assert posterior.kind_means[1] == pytest.approx(0.6 * posterior.kind_means[0], abs=1e-6)


def test_only_the_ratio_of_the_weights_matters() -> None:
    logs = normal_evidence(1.0, 3.0), normal_evidence(0.0, 6.0)
    one, other = (Composite(weights, 0.4).posterior(*logs) for weights in ((0.3, 0.6), (1.0, 2.0)))

    assert one.probability_above(0.5) == pytest.approx(other.probability_above(0.5), abs=1e-12)


def test_evidence_far_from_the_grid_still_gives_numbers() -> None:
    posterior = Composite((0.5, 0.5), 0.6).posterior(normal_evidence(9.0, 400.0), normal_evidence(-9.0, 400.0))

    numbers = [posterior.mean, posterior.standard_error, posterior.median(), *posterior.interval()]
    assert np.isfinite([*numbers, posterior.probability_above(1.0), posterior.judgement_share]).all()


@pytest.mark.parametrize("correlation", [-0.8, -0.3, 0.0, 0.3, 0.7, 0.95])
def test_judgement_has_half_of_the_information_when_both_kinds_know_the_same(correlation) -> None:
    posterior = Composite((0.5, 0.5), correlation).posterior(normal_evidence(1.0, 5.0), normal_evidence(-0.3, 5.0))

    assert posterior.judgement_share == pytest.approx(0.5, abs=1e-6)
    assert posterior.kind_information == pytest.approx([5.0, 5.0], rel=1e-3)


def test_the_judgement_share_is_zero_without_judgement_and_one_without_self_report() -> None:
    composite = Composite((0.5, 0.5), 0.6)
    logs = normal_evidence(1.0, 5.0)

    assert composite.posterior(None, logs).judgement_share == 0.0
    assert composite.posterior(logs, None).judgement_share == 1.0
    assert composite.posterior(None, None).judgement_share == 0.0


def test_the_judgement_share_is_the_share_of_information_when_the_kinds_measure_the_same() -> None:
    assert share_of_judgement((5.0, 10.0), (0.5, 0.5), 0.99) == pytest.approx(1 / 3, abs=0.01)


def test_the_judgement_share_is_the_reduction_of_its_own_variance_when_the_kinds_are_unrelated() -> None:
    by_judgement, by_self_report = 0.25 * 4 / 5, 0.25 * 9 / 10

    assert share_of_judgement((4.0, 9.0), (0.5, 0.5), 0.0) == pytest.approx(
        by_judgement / (by_judgement + by_self_report), abs=1e-6
    )


@given(st.floats(0.01, 60), st.floats(0.01, 60), st.floats(-0.9, 0.95))
def test_the_share_grows_with_judgement_and_both_shares_are_one_together(judgement, self_report, correlation) -> None:
    share = share_of_judgement((judgement, self_report), (0.5, 0.5), correlation)

    assert share + share_of_judgement((self_report, judgement), (0.5, 0.5), correlation) == pytest.approx(1.0, abs=1e-9)
    if correlation >= 0 and abs(judgement - self_report) > 1e-6:
        assert (share > 0.5) == (judgement > self_report)


def test_the_kinds_differ_in_standard_errors_of_their_difference() -> None:
    composite = Composite((0.5, 0.5), 0.6)
    mean, covariance = closed_form(composite, [1.5, -0.5], [6.0, 8.0])
    error = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])

    found = composite.posterior(normal_evidence(1.5, 6.0), normal_evidence(-0.5, 8.0)).kind_difference_z

    assert found == pytest.approx((mean[0] - mean[1]) / error, rel=1e-4)
    assert composite.posterior(normal_evidence(1.5, 6.0), None).kind_difference_z is None
    assert composite.posterior(None, normal_evidence(1.5, 6.0)).kind_difference_z is None


@pytest.mark.parametrize("correlation", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("information", [(3.0, 3.0), (6.0, 12.0), (40.0, 40.0)])
def test_honest_people_lie_apart_equally_seldom_however_much_was_asked(correlation, information) -> None:
    composite, rng = Composite((0.5, 0.5), correlation), np.random.default_rng(7)
    people = rng.multivariate_normal([0.0, 0.0], composite.covariance, 4_000)
    observed = people + rng.normal(size=people.shape) / np.sqrt(information)

    apart = np.array([kinds_apart(*closed_form(composite, one, information), correlation) for one in observed])

    assert apart.std() == pytest.approx(1.0, abs=0.04)
    assert (np.abs(apart) > 2.5).mean() == pytest.approx(0.0124, abs=0.0055)


def test_a_difference_is_read_the_same_from_a_sitting_and_hardly_counts_without_evidence() -> None:
    composite = Composite((0.5, 0.5), 0.6)
    mean, covariance = closed_form(composite, [1.5, -0.5], [6.0, 8.0])
    spread = 0.8 - (covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    found = composite.posterior(normal_evidence(1.5, 6.0), normal_evidence(-0.5, 8.0))

    assert kinds_apart(found.theta, found.covariance, 0.6) == pytest.approx(
        (mean[0] - mean[1]) / math.sqrt(spread), rel=1e-4
    )
    assert kinds_apart([0.1, 0.0], [[1.2, 0.0], [0.0, 1.2]], 0.6) == pytest.approx(0.1 / math.sqrt(0.05 * 0.8))


def test_a_retake_by_its_prior_is_the_sitting_that_went_on() -> None:
    composite = Composite((0.5, 0.5), 0.6)
    first = composite.posterior(normal_evidence(1.0, 3.0), normal_evidence(0.5, 4.0))
    whole = composite.posterior(normal_evidence(1.0, 5.0), normal_evidence(0.5, 8.0))

    second = composite.posterior(
        normal_evidence(1.0, 2.0), normal_evidence(0.5, 4.0), prior=(first.theta, first.covariance)
    )

    assert second.mean == pytest.approx(whole.mean, abs=1e-4)
    assert second.standard_error == pytest.approx(whole.standard_error, abs=1e-4)
    assert second.judgement_share == pytest.approx(whole.judgement_share, abs=1e-3)


def test_a_decayed_prior_is_the_former_posterior_at_once_and_the_norm_group_at_last() -> None:
    composite = Composite((0.5, 0.5), 0.6)
    mean, covariance = np.array([1.0, 0.5]), np.array([[0.2, 0.05], [0.05, 0.15]])

    at_once = decayed_prior(mean, covariance, 0.0, 0.97, norm_variance=composite.covariance)
    at_last = decayed_prior(mean, covariance, 10_000.0, 0.97, norm_variance=composite.covariance)

    assert np.array_equal(at_once[0], mean)
    assert np.allclose(at_once[1], covariance)
    assert np.allclose(at_last[0], 0.0)
    assert np.allclose(at_last[1], composite.covariance)
    assert np.allclose(composite.posterior(None, None, prior=at_last).mean, 0.0)


def test_a_decayed_prior_by_hand() -> None:
    mean, variance = decayed_prior(1.2, 0.2, 6.0, 0.9)
    kept = 0.9**6

    assert float(mean) == pytest.approx(kept * 1.2)
    assert float(variance) == pytest.approx(kept**2 * 0.2 + 1 - kept**2)


@given(st.floats(0.01, 1.0), st.floats(0, 120), st.floats(0, 1))
def test_a_former_sitting_never_knows_more_later(variance, months, retention) -> None:
    assert float(decayed_prior(0.5, variance, months, retention)[1]) >= variance - 1e-12


@pytest.mark.parametrize(("months", "retention"), [(-1.0, 0.9), (1.0, 1.1), (1.0, -0.1), (math.nan, 0.9)])
def test_a_decay_that_is_none_is_refused(months, retention) -> None:
    with pytest.raises(ScoringError, match="Months"):
        decayed_prior(0.0, 1.0, months, retention)


@pytest.mark.parametrize("weights", [(0.0, 0.0), (-0.5, 1.5), (math.nan, 1.0), (0.5,), (0.3, 0.3, 0.4)])
def test_weights_that_make_no_composite_are_refused(weights) -> None:
    with pytest.raises(ScoringError, match="two weights"):
        Composite(weights, 0.5)


@pytest.mark.parametrize("correlation", [1.0, -1.0, 1.5, math.nan])
def test_a_correlation_that_is_none_is_refused(correlation) -> None:
    with pytest.raises(ScoringError, match="correlation"):
        Composite((0.5, 0.5), correlation)


def test_a_log_likelihood_over_other_nodes_is_refused() -> None:
    composite = Composite((0.5, 0.5), 0.5)

    with pytest.raises(ScoringError, match="61 finite"):
        composite.posterior(np.zeros(60), None)
    with pytest.raises(ScoringError, match="61 finite"):
        composite.posterior(np.full(61, np.nan), None)


@pytest.mark.parametrize(
    "prior",
    [
        ([0.0], np.eye(2)),
        ([0.0, math.nan], np.eye(2)),
        ([0.0, 0.0], np.eye(3)),
        ([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]]),
        ([0.0, 0.0], [[1.0, 0.5], [0.1, 1.0]]),
        ([0.0, 0.0], -np.eye(2)),
    ],
)
def test_a_prior_that_is_none_is_refused(prior) -> None:
    with pytest.raises(ScoringError, match="prior"):
        Composite((0.5, 0.5), 0.5).posterior(None, None, prior=prior)


def test_a_prior_that_the_responses_rule_out_is_refused_instead_of_dividing_by_zero() -> None:
    with pytest.raises(ScoringError, match="common place"):
        Composite((0.5, 0.5), 0.5).posterior(
            normal_evidence(5.0, 5000.0), None, prior=([-5.0, 0.0], [[0.001, 0.0], [0.0, 1.0]])
        )


def test_questions_that_cannot_be_meant_are_refused() -> None:
    posterior = Composite((0.5, 0.5), 0.5).posterior(None, None)

    for ask in (posterior.probability_above, lambda _, cut_se: posterior.median(cut_se)):
        with pytest.raises(ScoringError, match="standard error"):
            ask(1.0, -0.1)
    for cut in (math.nan, math.inf):
        with pytest.raises(ScoringError, match="cut is finite"):
            posterior.probability_above(cut)
    with pytest.raises(ScoringError, match="level"):
        posterior.interval(1.0)


def test_kinds_that_cannot_lie_apart_are_refused() -> None:
    for correlation in (1.0, -1.1, float("nan")):
        with pytest.raises(ScoringError, match="below 1"):
            kinds_apart([1.0, 0.0], np.eye(2) * 0.1, correlation)


@pytest.mark.parametrize("variance", [-1.0, [[0.3, 0.0], [0.0, -0.2]]])
def test_a_former_variance_below_zero_is_refused(variance: object) -> None:
    with pytest.raises(ScoringError, match="variance is at least 0"):
        decayed_prior(np.zeros(2), variance, 3.0, 0.9)
