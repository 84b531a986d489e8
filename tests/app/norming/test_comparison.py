"""The shift between founders and later people, recovered from shrunken scores, and the bound it must lie within."""

from __future__ import annotations

import numpy as np
import pytest

from app.assessment.scored_sittings import Reading
from app.norming.comparison import FIRST_REACH, LATER_REACH, Shift, composites_of, shift_of, sittings_needed
from scoring.composite import Composite
from scoring.normal import NODES, normal_prior
from scoring.norms import NormTable


def sittings(mean: float, n: int, seed: int, *, sd: float = 1.0):
    """Posterior medians and errors of people around `mean`, under a standard normal prior, as sittings give them."""
    rng = np.random.default_rng(seed)
    information = rng.uniform(1.5, 8.0, n)
    observed = rng.normal(mean, sd, n) + rng.normal(0, 1 / np.sqrt(information))
    variance = 1 / (1 + information)
    return variance * information * observed, np.sqrt(variance)


@pytest.mark.parametrize("true", [-0.4, 0.0, 0.3])
def test_the_shift_is_recovered_although_scores_are_shrunk(true):
    medians, errors = sittings(true, 4000, seed=3)

    found = shift_of(medians, errors, norm_mean=0.0, norm_sd=1.0, norm_n=100_000)

    assert abs(found.shift - true) < 3 * found.standard_error < 0.06
    assert true == 0 or abs(np.mean(medians)) < 0.9 * abs(true), "the mean of the medians would not do"


def test_the_interval_covers_the_truth_nine_times_in_ten():
    found = [shift_of(*sittings(0.1, 200, seed), norm_mean=0.0, norm_sd=1.0, norm_n=100_000) for seed in range(400)]

    covered = np.mean([shift.low < 0.1 < shift.high for shift in found])

    assert 0.86 < covered < 0.94  # 0.9 and three standard errors of 400 trials, 0.045


def test_the_shift_is_in_standard_deviations_of_the_group_and_counts_the_norms_own_error():
    medians, errors = sittings(1.0, 500, seed=5)

    plain = shift_of(medians, errors, norm_mean=0.0, norm_sd=1.0, norm_n=100_000)
    wide = shift_of(medians, errors, norm_mean=0.5, norm_sd=2.0, norm_n=100)

    assert wide.shift == pytest.approx((plain.shift - 0.5) / 2, abs=0.05)
    assert wide.standard_error > 0.1


HIGHER = normal_prior(NODES, 0.2, 0.7) * 0.75 + normal_prior(NODES, 2.2, 0.6) * 0.25  # than people at calibration


def sittings_from(density, n: int, seed: int, *, shift: float = 0.0):
    """The same of people from a norm group that is not normal, read with that group as prior."""
    rng = np.random.default_rng(seed)
    people = rng.choice(NODES, n, p=density) + rng.uniform(-0.1, 0.1, n) + shift
    information = rng.uniform(1.5, 8.0, n)
    observed = people + rng.normal(0, 1 / np.sqrt(information))
    composite = Composite((0.0, 1.0), 0.0, density)
    found = [
        composite.posterior(None, -0.5 * known * (NODES - at) ** 2)
        for at, known in zip(observed, information, strict=True)
    ]
    readings = [Reading(one.kind_means, one.kind_covariance.tolist()) for one in found]
    return composites_of(readings, {"weights": [0.0, 1.0], "correlation": 0.0})


@pytest.mark.parametrize("true", [0.0, 0.25])
def test_the_shift_is_recovered_where_the_norm_group_is_not_normal_and_is_the_prior(true):
    density = HIGHER / HIGHER.sum()
    table = NormTable.from_latent(NODES, density, 100_000)
    medians, errors = sittings_from(density, 3000, seed=8, shift=true * table.sd)
    norm = {"norm_mean": table.mean, "norm_sd": table.sd, "norm_n": 100_000}

    found = shift_of(medians, errors, **norm, prior=(table.mean, table.sd))

    assert abs(found.shift - true) < 3 * found.standard_error
    assert abs(shift_of(medians, errors, **norm).shift - true) > 0.05 or true == 0.0


@pytest.mark.parametrize(
    ("shift", "error", "holds"),
    [(0.0, 0.08, True), (0.0, 0.16, False), (0.2, 0.02, True), (0.2, 0.05, False), (-0.3, 0.01, False)],
)
def test_equivalence_needs_the_whole_interval_within_the_bound_on_both_sides(shift, error, holds):
    assert Shift(300, shift, error).is_within(0.25) is holds


def test_the_next_comparison_needs_half_as_many_sittings_again():
    assert sittings_needed(200, None) == 200
    assert sittings_needed(200, 201) == 302
    assert sittings_needed(200, 100) == 200  # the policy asked for fewer then


def test_a_shift_at_the_bound_passes_at_some_look_in_few_of_its_norms():
    """Every comparison that 2,000 sittings allow; looking after every fifty let .17 pass."""
    looks, bound, founders = [200], 0.25, 1000
    while (more := sittings_needed(200, looks[-1])) <= 2000:
        looks.append(more)
    rng, passed, trials = np.random.default_rng(1), 0, 3000
    for _ in range(trials):
        means = np.cumsum(rng.normal(bound, 1.05, looks[-1])) / np.arange(1, looks[-1] + 1)
        of_norm = rng.normal(0, 1 / np.sqrt(founders))
        passed += any(
            Shift(n, means[n - 1] - of_norm, np.hypot(1.05 / np.sqrt(n), 1 / np.sqrt(founders)), reach).is_within(bound)
            for n, reach in zip(looks, [FIRST_REACH] + [LATER_REACH] * (len(looks) - 1), strict=True)
        )
    assert passed / trials < 0.08  # .064, and three standard errors of 3,000 trials, .013
