"""Half forms: a true model predicts who is awarded again, stray forms are found, softened posteriors are honest."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from scoring.calibration import calibrate
from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import log_likelihood
from scoring.half_forms import HalfFormAgreement, estimate_stray_share, half_form_agreement
from scoring.items import ItemParameters
from scoring.misfit_aware import STRAY_MASSES, misfit_aware
from scoring.normal import NODES, normal_prior
from scoring.responses import MISSING
from scoring.simulation import simulate_responses
from tests.scoring.fitted_once import answers

PERSONS = 4_000
SHARE = 0.10


@cache
def form() -> ItemParameters:
    rng = np.random.default_rng(5)
    middles = rng.normal(0.4, 0.8, 12)
    return ItemParameters(rng.lognormal(np.log(1.6), 0.2, 12), middles[:, None] + [-1.2, -0.4, 0.4, 1.2])


@cache
def people(share: float) -> NDArray[np.int8]:
    """A share of the people answers every item as somebody else would, drawn from N(1, 2²)."""
    rng = np.random.default_rng(6)
    theta = np.repeat(rng.standard_normal((PERSONS, 1)), 12, axis=1)
    is_stray = rng.random(PERSONS) < share
    theta[is_stray] = rng.normal(1.0, 2.0, (int(is_stray.sum()), 12))
    drawn = [simulate_responses(form().take([j]), theta[:, j], rng)[:, 0] for j in range(12)]
    return np.stack(drawn, axis=1).astype(np.int8)


def agreed(codes: NDArray[np.int8], share: float = 0.0, **changes: object) -> HalfFormAgreement:
    arguments = {"splits": 12, "rng": np.random.default_rng(1), **changes}
    return half_form_agreement(codes, form(), stray_share=share, **arguments)


def test_a_true_model_predicts_who_is_awarded_again() -> None:
    found = agreed(people(0.0))

    assert found.is_predicted
    assert abs(found.predicted - found.observed) < 0.02
    assert found.interval[0] < found.observed < found.interval[1]
    assert found.n == PERSONS
    assert 0.05 < found.awarded < 0.1


def test_under_a_true_model_hardly_any_form_is_stray() -> None:
    found = estimate_stray_share(people(0.0), form(), splits=12, rng=np.random.default_rng(2))

    assert found.share < 0.004
    assert found.density @ NODES == pytest.approx(0.0, abs=0.05)


def test_stray_forms_make_the_model_too_sure_and_the_correction_honest() -> None:
    codes = people(SHARE)
    found = estimate_stray_share(codes, form(), splits=12, rng=np.random.default_rng(2))
    plain, softened = agreed(codes, density=found.density), agreed(codes, found.share, density=found.density)

    assert plain.predicted - plain.observed > 0.02
    assert abs(softened.predicted - softened.observed) < 0.01
    assert softened.is_predicted
    assert 0.01 < found.share < SHARE
    assert 0 < found.standard_error < 0.01
    assert found.gain > 20


def test_real_scales_are_predicted_better_than_before() -> None:
    codes = answers("BIG5_A")
    codes = codes[~np.isnan(codes).any(axis=1)].astype(np.int8)
    items = calibrate(codes).items
    found = estimate_stray_share(codes, items, splits=6, rng=np.random.default_rng(3))
    rng = np.random.default_rng(4)
    after = half_form_agreement(codes, items, density=found.density, stray_share=found.share, splits=6, rng=rng)

    assert 0.005 < found.share < 0.03
    assert abs(after.predicted - after.observed) < 0.03
    assert after.is_predicted


def test_the_cut_of_a_norm_takes_the_place_of_the_quantile() -> None:
    quantile = agreed(people(0.0))
    same = agreed(people(0.0), cut=(1.2816, 0.0))
    higher = agreed(people(0.0), cut=(1.6, 0.05))

    assert same.awarded == pytest.approx(quantile.awarded, abs=0.01)
    assert abs(same.predicted - same.observed) < 0.02
    assert higher.awarded < 0.7 * quantile.awarded
    with pytest.raises(ScoringError):
        agreed(people(0.0), cut=(1.2816, -1.0))


def test_the_order_of_items_and_persons_does_not_matter_to_the_share() -> None:
    codes, rng = people(SHARE), np.random.default_rng(9)
    order, rows = rng.permutation(12), rng.permutation(PERSONS)
    one = estimate_stray_share(codes, form(), splits=20, rng=np.random.default_rng(2))
    other = estimate_stray_share(codes[rows][:, order], form().take(order), splits=20, rng=np.random.default_rng(3))

    assert other.share == pytest.approx(one.share, abs=3 * one.standard_error)


def test_persons_with_an_item_left_out_are_left_out() -> None:
    codes = people(0.0)[:500].copy()
    codes[:100, 3] = MISSING

    assert agreed(codes, splits=2).n == 400


def test_a_softened_posterior_is_the_mixture_it_claims_to_be() -> None:
    logs = log_likelihood(people(0.0)[:5], form(), NODES)
    prior, share = normal_prior(NODES), 0.1
    soft = np.exp(misfit_aware(logs, share)) * prior
    likelihood = np.exp(logs)

    for person in range(5):
        own, stray = likelihood[person] @ prior, likelihood[person] @ STRAY_MASSES
        is_stray = share * stray / ((1 - share) * own + share * stray)
        expected = (1 - is_stray) * likelihood[person] * prior / own + is_stray * prior
        np.testing.assert_allclose(soft[person] / soft[person].sum(), expected, atol=1e-12)


def test_an_outstanding_form_is_likelier_astray_than_an_ordinary_one() -> None:
    def kept(at: float) -> float:
        logs = -0.5 * 9.0 * (NODES - at) ** 2
        posterior = np.exp(misfit_aware(logs, 0.02)) * normal_prior(NODES)
        plain = np.exp(logs) * normal_prior(NODES)
        return float((posterior / posterior.sum()).max() / (plain / plain.sum()).max())

    assert kept(0.0) > 0.98
    assert kept(3.0) < kept(2.0) < kept(1.0) < kept(0.0)


def test_a_share_of_nothing_changes_nothing_and_constants_pass_through() -> None:
    logs = -0.5 * 4.0 * (NODES - 0.5) ** 2

    np.testing.assert_array_equal(misfit_aware(logs, 0.0), logs)
    np.testing.assert_allclose(misfit_aware(logs - 700.0, 0.05), misfit_aware(logs, 0.05) - 700.0, atol=1e-9)


@pytest.mark.parametrize("share", [-0.01, 1.0, np.nan])
def test_impossible_shares_are_refused(share: float) -> None:
    with pytest.raises(ScoringError, match="stray share"):
        misfit_aware(np.zeros(NODES.size), share)
    with pytest.raises(ScoringError, match="stray share"):
        agreed(people(0.0)[:50], share)


def test_impossible_requests_are_refused() -> None:
    codes = people(0.0)[:50]
    with pytest.raises(ScoringError, match="61 values"):
        misfit_aware(np.zeros(7), 0.1)
    with pytest.raises(ScoringError, match="finite masses"):
        agreed(codes, density=-np.ones(61))
    with pytest.raises(ScoringError, match="quantile"):
        agreed(codes, quantile=1.0)
    with pytest.raises(ScoringError, match="awards anybody"):
        agreed(np.zeros((30, 12), dtype=np.int8), splits=2)
    with pytest.raises(InvalidResponses, match="4 items"):
        half_form_agreement(codes[:, :3], form().take([0, 1, 2]), rng=np.random.default_rng(0))
    with pytest.raises(InvalidResponses, match="Nobody answered"):
        agreed(np.full((3, 12), MISSING, dtype=np.int8) * 0 + 4 + np.eye(3, 12, dtype=np.int8))


def test_half_forms_without_a_split_are_refused() -> None:
    items = ItemParameters(np.ones(4), np.zeros(4), "2pl")
    for asked in (half_form_agreement, estimate_stray_share):
        with pytest.raises(ScoringError, match="one split"):
            asked(np.ones((20, 4)), items, splits=0, rng=np.random.default_rng(1))
