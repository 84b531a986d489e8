"""Norm tables: known percentiles, exact inverses, errors that a bootstrap confirms, tables that survive storage."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import EmptyNormSample, ScoringError
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.norms import NormTable
from scoring.simulation import simulate_responses

NINETIETH = 1.2815515655446004  # of N(0, 1)
ERROR_FREE = 1.7094  # √(.9 · .1) / density: its standard error times √N
NODES = np.linspace(-6, 6, 61)
NORMAL = np.exp(-0.5 * NODES**2)
QUANTILES = (0.001, 0.05, 0.25, 0.5, 0.9, 0.95, 0.999)


def tables() -> dict[str, NormTable]:
    rng = np.random.default_rng(1)
    theta = rng.standard_normal(700)
    return {
        "sample": NormTable.from_sample(theta),
        "weighted sample": NormTable.from_sample(theta, weights=rng.uniform(0.2, 3, 700)),
        "tied sample": NormTable.from_sample(np.round(theta)),
        "large sample": NormTable.from_sample(rng.standard_normal(30_000)),
        "one person": NormTable.from_sample([0.3]),
        "deconvolved": NormTable.from_sample(theta + rng.normal(0, 0.4, 700), 0.4),
        "latent": NormTable.from_latent(NODES, NORMAL, 1000),
        "spiky latent": NormTable.from_latent([-1.0, 0.0, 1.0, 2.0], [0.0, 3.0, 0.0, 1.0], 50),
    }


TABLES = tables()
each_table = pytest.mark.parametrize("table", list(TABLES.values()), ids=list(TABLES))


@each_table
def test_a_cut_has_the_percentile_rank_it_was_asked_for(table: NormTable) -> None:
    for quantile in QUANTILES:
        assert table.percentile_rank(table.cut(quantile).theta) == pytest.approx(100 * quantile, abs=1e-9)


@each_table
def test_percentile_ranks_run_from_0_to_100_and_never_fall(table: NormTable) -> None:
    ranks = table.percentile_rank(np.linspace(-9, 9, 4001))
    assert ranks[0] == 0
    assert ranks[-1] == 100
    assert (np.diff(ranks) >= 0).all()
    assert table.percentile_rank([-np.inf, np.inf]).tolist() == [0.0, 100.0]


@each_table
def test_a_stored_table_is_the_same_table(table: NormTable) -> None:
    again = NormTable.from_dict(json.loads(json.dumps(table.to_dict())))
    assert again == table
    assert again.sha256 == table.sha256
    assert again.cut(0.9) == table.cut(0.9)
    assert again.to_dict() == table.to_dict()


@each_table
def test_errors_and_intervals_are_finite_and_hold_the_estimate(table: NormTable) -> None:
    cut = table.cut(0.9)
    assert cut.standard_error > 0
    assert cut.interval[0] < cut.theta < cut.interval[1]
    assert cut.interval[1] - cut.interval[0] == pytest.approx(2 * 1.959964 * cut.standard_error, rel=1e-6)
    low, high = table.percentile_interval([-8.0, -1.0, 0.4, 1.3, 8.0])
    ranks = table.percentile_rank([-8.0, -1.0, 0.4, 1.3, 8.0])
    assert (low >= 0).all()
    assert (high <= 100).all()
    assert (low <= ranks + 1e-6).all()
    assert (high >= ranks - 1e-6).all()


def test_two_tables_have_two_digests() -> None:
    assert len({table.sha256 for table in TABLES.values()}) == len(TABLES)
    assert TABLES["latent"] != TABLES["sample"]
    assert TABLES["latent"] != "latent"


def test_the_normal_latent_distribution_has_its_known_percentiles() -> None:
    table = TABLES["latent"]
    np.testing.assert_allclose(
        [table.cut(q).theta for q in (0.1, 0.5, 0.9, 0.95)], [-NINETIETH, 0, NINETIETH, 1.644854], atol=3e-4
    )
    assert table.mean == pytest.approx(0, abs=1e-9)
    assert table.sd == pytest.approx(1, abs=2e-4)


@pytest.mark.parametrize(("n", "stated"), [(400, 0.085), (1000, 0.054), (2000, 0.038)])
def test_the_error_free_cut_has_its_known_error(n: int, stated: float) -> None:
    assert NormTable.from_latent(NODES, NORMAL, n).cut(0.9).standard_error == pytest.approx(
        ERROR_FREE / np.sqrt(n), rel=2e-3
    )
    assert round(ERROR_FREE / np.sqrt(n), 3) == pytest.approx(stated, abs=1e-3)


def test_the_error_of_a_sample_cut_is_near_the_known_one() -> None:
    rng = np.random.default_rng(4)
    stated = [NormTable.from_sample(rng.standard_normal(1000)).cut(0.9).standard_error for _ in range(30)]
    assert np.mean(stated) == pytest.approx(ERROR_FREE / np.sqrt(1000), rel=0.04)


def test_unequal_weights_multiply_the_error_by_the_root_of_the_design_effect() -> None:
    rng = np.random.default_rng(5)
    ratios = []
    for _ in range(20):
        theta, weights = rng.standard_normal(2000), rng.choice([1.0, 5.0], 2000)
        effect = 2000 * (weights**2).sum() / weights.sum() ** 2
        weighted = NormTable.from_sample(theta, weights=weights)
        assert weighted.effective_n == pytest.approx(2000 / effect)
        plain = NormTable.from_sample(theta).cut(0.9).standard_error
        ratios.append(weighted.cut(0.9).standard_error / plain / np.sqrt(effect))
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("n", "low", "high"),
    [(200, 6.6, 15.0), (500, 7.7, 13.0), (1000, 8.3, 12.0), (2000, 8.8, 11.4), (10_000, 9.4, 10.6)],
)
def test_the_realised_share_is_exact(n: int, low: float, high: float) -> None:
    from_latent = NormTable.from_latent(NODES, NORMAL, n).realised_share(0.9)
    assert [round(100 * share, 1) for share in from_latent] == [low, high]
    from_sample = NormTable.from_sample(np.random.default_rng(6).standard_normal(n)).realised_share(0.9)
    assert from_sample == pytest.approx(from_latent, abs=2e-4)


def test_a_deconvolved_cut_is_that_of_the_trait_not_of_the_scores() -> None:
    rng = np.random.default_rng(7)
    theta = rng.standard_normal(20_000)
    scores = theta + rng.normal(0, 0.6, theta.size)
    assert NormTable.from_sample(scores).cut(0.9).theta > NINETIETH + 0.15
    latent = NormTable.from_sample(scores, 0.6)
    assert latent.cut(0.9).theta == pytest.approx(NINETIETH, abs=3 * latent.cut(0.9).standard_error)
    assert latent.sd == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("shape", ["normal", "skewed", "two groups", "heavy tails"])
def test_stated_intervals_hold_the_true_cut(shape: str) -> None:
    rng = np.random.default_rng(8)

    def draw(n: int) -> np.ndarray:
        if shape == "normal":
            return rng.standard_normal(n)
        if shape == "skewed":
            return (rng.gamma(4, size=n) - 4) / 2
        if shape == "two groups":
            return np.where(rng.random(n) < 0.5, -0.85, 0.85) + 0.5 * rng.standard_normal(n)
        return rng.standard_t(5, size=n) / np.sqrt(5 / 3)

    true = np.quantile(draw(1_000_000), 0.9)
    cuts = [NormTable.from_sample(draw(1000) + rng.normal(0, 0.33, 1000), 0.33).cut(0.9) for _ in range(25)]
    held = np.mean([cut.interval[0] <= true <= cut.interval[1] for cut in cuts])
    assert held >= 0.8
    assert np.mean([cut.theta for cut in cuts]) == pytest.approx(true, abs=0.03)


def test_a_bootstrap_agrees_with_the_stated_error() -> None:
    rng = np.random.default_rng(9)
    theta = rng.standard_normal(1000)
    scores = theta + rng.normal(0, 0.33, 1000)
    weights = rng.uniform(0.5, 2, 1000)
    stated = NormTable.from_sample(scores, 0.33, weights).cut(0.9).standard_error
    again = []
    for _ in range(60):
        drawn = rng.integers(0, 1000, 1000)
        again.append(NormTable.from_sample(scores[drawn], 0.33, weights[drawn]).cut(0.9).theta)
    assert np.std(again, ddof=1) == pytest.approx(stated, rel=0.3)


def test_measurement_error_makes_the_cut_less_sure() -> None:
    rng = np.random.default_rng(10)
    theta = rng.standard_normal(2000)
    errors = [NormTable.from_sample(theta + rng.normal(0, e, 2000), e).cut(0.9).standard_error for e in (0.1, 0.4, 0.8)]
    assert errors == sorted(errors)


def test_sittings_of_unequal_length_give_the_latent_distribution() -> None:
    rng = np.random.default_rng(11)
    theta = 0.3 + 1.2 * rng.standard_normal(3000)
    items = ItemParameters(np.full(20, 1.6), np.linspace(-2, 2, 20)[:, None] + [-0.8, 0.0, 0.8])
    codes = simulate_responses(items, theta, rng)
    codes[np.arange(20)[None, :] >= rng.integers(4, 21, 3000)[:, None]] = -1
    table = NormTable.from_log_likelihoods(log_likelihood(codes, items, NODES), NODES)
    assert table.mean == pytest.approx(0.3, abs=0.08)
    assert table.sd == pytest.approx(1.2, abs=0.1)
    cut = table.cut(0.9)
    assert cut.theta == pytest.approx(0.3 + 1.2 * NINETIETH, abs=3 * cut.standard_error)


@pytest.mark.parametrize("weights", [None, [20.0] + [1.0] * 11])
def test_no_latent_norm_is_made_of_so_few_that_its_error_would_vanish(weights: list[float] | None) -> None:
    theta = np.linspace(-1, 1, 9 if weights is None else 12)
    with pytest.raises(ScoringError, match="10 people or more"):
        NormTable.from_sample(theta, 0.3, weights)
    assert NormTable.from_sample(np.linspace(-1, 1, 10), 0.3).cut(0.9).standard_error > 0.2


def test_persons_whose_responses_say_nothing_are_not_counted() -> None:
    rng = np.random.default_rng(12)
    theta = rng.standard_normal(500)
    logs = -0.5 * ((theta[:, None] - NODES) / 0.4) ** 2
    told = NormTable.from_log_likelihoods(logs, NODES)
    padded = NormTable.from_log_likelihoods(np.concatenate([logs, np.zeros((90, 61))]), NODES)
    assert padded.n == told.n == 500
    assert padded.cut(0.9).standard_error == pytest.approx(told.cut(0.9).standard_error)
    with pytest.raises(ScoringError, match="No person"):
        NormTable.from_log_likelihoods(np.zeros((9, 61)), NODES)


def test_weights_shift_the_latent_distribution() -> None:
    rng = np.random.default_rng(13)
    theta = rng.standard_normal(3000)
    weights = np.exp(0.5 * theta)  # tilts N(0, 1) to N(.5, 1)
    table = NormTable.from_sample(theta + rng.normal(0, 0.3, 3000), 0.3, weights)
    assert table.mean == pytest.approx(0.5, abs=0.08)
    assert table.effective_n < 3000


def test_scores_on_another_scale_are_normed_on_that_scale() -> None:
    rng = np.random.default_rng(14)
    table = NormTable.from_sample(50 + 10 * rng.standard_normal(3000) + rng.normal(0, 3, 3000), 3.0)
    assert table.cut(0.9).theta == pytest.approx(50 + 10 * NINETIETH, abs=1.5)
    assert 0.3 < table.cut(0.9).standard_error < 0.9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-5, 5).map(lambda theta: round(theta, 6)), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_any_sample_gives_a_table_that_can_be_inverted(theta: list[float], quantile: float) -> None:
    table = NormTable.from_sample(theta)
    assert table.percentile_rank(table.cut(quantile).theta) == pytest.approx(100 * quantile, abs=1e-6)
    assert (np.diff(table.percentile_rank(np.linspace(-7, 7, 300))) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 1)), min_size=1, max_size=20))
def test_nearly_equal_scores_and_vanishing_weights_still_give_a_table(persons: list[tuple[float, float]]) -> None:
    theta, weights = zip((0.25, 1.0), *persons, strict=True)
    table = NormTable.from_sample(theta, weights=weights)
    assert (np.diff(table.percentile_rank(np.linspace(-7, 7, 300))) >= 0).all()
    assert np.isfinite(table.cut(0.9).theta)
    assert not np.isnan(table.cut(0.9).standard_error)


def test_persons_of_weight_zero_are_not_counted() -> None:
    told = NormTable.from_sample([0.0, 1.0, 2.0])
    assert NormTable.from_sample([-3.0, 0.0, 1.0, 2.0], weights=[0, 1, 1, 1]) == told


def test_impossible_norms_are_refused() -> None:
    with pytest.raises(EmptyNormSample):
        NormTable.from_sample([])
    with pytest.raises(EmptyNormSample):
        NormTable.from_latent(NODES, NORMAL, 0)
    with pytest.raises(EmptyNormSample):
        NormTable.from_log_likelihoods(np.zeros((0, 61)), NODES)
    with pytest.raises(ScoringError, match="finite"):
        NormTable.from_sample([0.0, np.nan])
    with pytest.raises(ScoringError, match="above 0"):
        NormTable.from_sample([0.0, 1.0], [0.1, 0.0])
    for error in (np.nan, np.inf, -0.1):
        with pytest.raises(ScoringError, match="above 0"):
            NormTable.from_sample([0.0, 1.0, 2.0], [0.1, 0.1, error])
    with pytest.raises(ScoringError, match="weights"):
        NormTable.from_sample([0.0, 1.0], weights=[1.0])
    with pytest.raises(ScoringError, match="below zero"):
        NormTable.from_sample([0.0, 1.0], weights=[1.0, -1.0])
    with pytest.raises(ScoringError, match="rising"):
        NormTable.from_latent([0.0, 0.0, 1.0], [1, 1, 1], 5)
    with pytest.raises(ScoringError, match="density"):
        NormTable.from_latent([0.0, 1.0, 2.0], [0, 0, 0], 5)
    with pytest.raises(ScoringError, match="equal steps"):
        NormTable.from_log_likelihoods(np.zeros((2, 5)), [0, 1, 2, 3, 5])
    for quantile in (0.0, 1.0, -0.1, np.nan):
        with pytest.raises(ScoringError, match="quantile"):
            TABLES["latent"].cut(quantile)
    with pytest.raises(ScoringError, match="level"):
        TABLES["latent"].percentile_interval([0.0], level=1.0)


def test_a_table_that_contradicts_itself_is_refused() -> None:
    stored = TABLES["latent"].to_dict()
    with pytest.raises(ScoringError, match="from 0 to 1"):
        NormTable.from_dict(stored | {"distribution": [share / 2 for share in stored["distribution"]]})
    with pytest.raises(ScoringError, match="must rise"):
        NormTable.from_dict(stored | {"grid": stored["grid"][::-1]})
    with pytest.raises(ScoringError, match="must rise"):
        NormTable(np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.5, 1.0]), np.ones(3), np.ones(3), 3, 3.0)
    with pytest.raises(ScoringError, match="not fall"):
        NormTable(np.arange(4.0), np.array([0.0, 0.6, 0.5, 1.0]), np.ones(4), np.ones(4), 4, 4.0)
    level = NormTable(np.arange(4.0), np.array([0.0, 0.5, 0.5, 1.0]), np.ones(4), np.ones(4), 4, 4.0)
    assert level.percentile_rank([1.0, 1.5, 2.0]).tolist() == [50, 50, 50]
    assert NormTable(np.arange(2.0), np.array([0.0, 1.0]), np.ones(2), np.ones(2), 2, 2.0).cut(0.3).theta == 0.3
    with pytest.raises(ScoringError, match="one length"):
        NormTable.from_dict(stored | {"density": stored["density"][:-1]})
    with pytest.raises(ScoringError, match="finite"):
        NormTable.from_dict(stored | {"density": [float("inf"), *stored["density"][1:]]})


def test_a_table_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        TABLES["latent"].distribution[3] = 0.5


def test_importing_norms_loads_no_scipy_and_no_numba() -> None:
    code = "import sys, scoring.norms; sys.exit(any(m.split('.')[0] in {'scipy', 'numba'} for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_a_percentile_is_symmetric_in_log_odds(level: float) -> None:
    share, z = 0.9, {0.8: 1.2815515655, 0.95: 1.9599639845}[level]
    table = NormTable(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.ones(2), np.array([0.02, 0.02]), 300, 300.0)
    low, high = table.percentile_interval(share, level)
    reach = 2 * np.arcsinh(z * 0.02 / (share * (1 - share)) / 2)  # Wilson's; almost without arcsinh where it is small
    odds = np.log(share / (1 - share))
    assert (low, high) == pytest.approx(tuple(100 / (1 + np.exp(-odds + sign * reach)) for sign in (1, -1)))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@each_table
def test_the_limits_of_a_percentile_rise_with_theta_and_hold_its_rank(table: NormTable, level: float) -> None:
    theta = np.linspace(-9, 9, 4001)
    low, high = table.percentile_interval(theta, level)
    for limit in (low, high):
        assert (np.diff(limit) >= -1e-6).all()
        assert ((limit >= 0) & (limit <= 100)).all()
    assert (low <= table.percentile_rank(theta) + 1e-9).all()
    assert (high >= table.percentile_rank(theta) - 1e-9).all()


def test_limits_do_not_turn_back_where_a_few_heavy_weights_make_the_error_fall() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        table = NormTable.from_sample(rng.standard_normal(200), weights=rng.lognormal(0, 1.5, 200))
        for limit in table.percentile_interval(np.linspace(-4, 4, 4001), 0.99):
            assert (np.diff(limit) >= -1e-6).all()


def test_where_nobody_of_the_norm_was_the_interval_is_that_of_nobody_among_so_many() -> None:
    most = 100 * 1.959964**2 / (1000 + 1.959964**2)  # Wilson: 0 of 1000
    for table in (TABLES["latent"], NormTable.from_sample(np.random.default_rng(8).standard_normal(1000))):
        low, high = table.percentile_interval([-6.5, 6.5])
        assert low == pytest.approx([0, 100 - most], abs=1e-6)
        assert high == pytest.approx([most, 100], abs=1e-6)
    low, high = TABLES["latent"].percentile_interval([-4.0, 4.0])
    assert high[0] - low[0] < 0.5
    assert high[1] - low[1] < 0.5


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_of_a_percentile_covers_it_as_often_as_stated(level: float) -> None:
    rng = np.random.default_rng(9)
    theta = np.array([-3.0, -2.5, -1.0, 0.0, 1.3, 2.0, 3.0])
    truth = 100 * np.array([NormalDist().cdf(value) for value in theta])
    inside = []
    for _ in range(400):
        low, high = NormTable.from_sample(rng.standard_normal(300)).percentile_interval(theta, level)
        inside.append((low <= truth) & (truth <= high))
    assert np.mean(inside, axis=0).min() > level - 0.03
    assert np.mean(inside) == pytest.approx(level, abs=0.03)


@pytest.mark.parametrize(("size", "is_known"), [(3, False), (9, False), (10, True), (40, True)])
def test_of_a_handful_of_people_the_error_of_a_cut_is_not_known(size: int, is_known: bool) -> None:
    """The 95 % interval of three people held the true cut in 63 of a hundred."""
    cut = NormTable.from_sample(np.random.default_rng(3).standard_normal(size)).cut(0.9)
    assert np.isfinite(cut.standard_error) == is_known
    assert np.isfinite(cut.interval).all() == is_known
    assert np.isfinite(cut.theta)


def test_people_of_little_weight_do_not_make_a_cut_known() -> None:
    weights = np.array([1.0] * 4 + [1e-3] * 20)
    assert NormTable.from_sample(np.arange(24.0), weights=weights).cut(0.9).standard_error == np.inf


def test_errors_below_zero_or_of_another_number_are_refused() -> None:
    with pytest.raises(ScoringError, match="nowhere below zero"):
        NormTable.from_latent(NODES, NORMAL, 100, standard_error=-np.ones(61))
    with pytest.raises(ScoringError, match="61 nodes need as many"):
        NormTable.from_latent(NODES, NORMAL, 100, standard_error=np.ones(5))
    stored = TABLES["latent"].to_dict()
    for name in ("density", "distribution_error"):
        with pytest.raises(ScoringError, match="nowhere below zero"):
            NormTable.from_dict(stored | {name: [-1.0, *stored[name][1:]]})


def test_without_error_the_realised_share_is_known() -> None:
    certain = NormTable.from_latent(NODES, NORMAL, 100, standard_error=np.zeros(61))
    assert certain.realised_share(0.9) == pytest.approx((0.1, 0.1))


def test_a_theta_that_is_no_number_has_no_percentile_rank() -> None:
    for asked in (TABLES["latent"].percentile_rank, TABLES["latent"].percentile_interval):
        with pytest.raises(ScoringError, match="a number"):
            asked([0.0, np.nan])


@pytest.mark.parametrize("n", [10, 1000])
def test_a_norm_of_equal_scores_states_no_error_of_its_cut(n: int) -> None:
    table = NormTable.from_sample([1.0] * n)
    assert np.isinf(table.cut(0.9).standard_error)
    assert NormTable.from_dict(table.to_dict()).cut(0.9) == table.cut(0.9)
    assert np.isfinite(NormTable.from_sample([1.0] * n + [2.0]).cut(0.9).standard_error)
