"""Response times: a lognormal model recovered, hasty people found."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import InvalidResponses
from scoring.response_times import fit_response_times, speed


def seconds(persons: int = 600, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times with a fifth missing, and the true intensities, residual spreads and speeds (spread .4)."""
    rng = np.random.default_rng(seed)
    intensity, spread, pace = rng.normal(2, 0.5, 20), rng.uniform(0.3, 0.7, 20), rng.normal(0, 0.4, persons)
    logs = intensity - pace[:, None] + spread * rng.standard_normal((persons, 20))
    return np.where(rng.random(logs.shape) < 0.2, np.nan, np.exp(logs)), intensity, spread, pace


def test_a_lognormal_model_is_recovered() -> None:
    times, intensity, spread, pace = seconds()
    model = fit_response_times(times)
    assert model.intensity == pytest.approx(intensity, abs=0.12)
    assert model.residual_sd == pytest.approx(spread, abs=0.06)
    assert model.speed_sd == pytest.approx(0.4, abs=0.05)
    found = speed(times, model)
    assert np.corrcoef(found.log_seconds, pace)[0, 1] > 0.95
    assert (np.abs(found.log_seconds - pace + pace.mean()) < 1.96 * found.standard_error).mean() == pytest.approx(
        0.95, abs=0.03
    )
    assert found.z.std() == pytest.approx(1, abs=0.05)
    assert found.misfit.mean() == pytest.approx(1, abs=0.05)


def test_precise_items_are_fitted_as_precise_as_they_are_and_no_more() -> None:
    rng = np.random.default_rng(3)
    true = np.array([0.2, 0.3] + [0.6] * 10)
    logs = 2 - rng.normal(0, 0.3, 1000)[:, None] + true * rng.standard_normal((1000, 12))
    model = fit_response_times(np.exp(logs))
    assert model.residual_sd == pytest.approx(true, abs=0.03)
    assert model.speed_sd == pytest.approx(0.3, abs=0.02)


def as_a_sitting_is_read(rng: np.random.Generator, units: int, seldom: int) -> tuple[float, float]:
    """An honest person's z by the items both they and 500 others may have had, and the smallest residual spread."""
    intensity, spread = rng.normal(2.5, 0.4, 90), rng.uniform(0.35, 0.6, 90)
    pace = rng.normal(0, 0.3, 501)
    order = rng.exponential(np.where(np.arange(90) < seldom, 30.0, 1.0), (501, 90)).argsort(axis=1).argsort(axis=1)
    logs = intensity - pace[:, None] + spread * rng.standard_normal((501, 90))
    times = np.where(order < units, np.exp(logs), np.nan)
    times = times[:, np.isfinite(times[0])]
    usual = times[1:, (np.isfinite(times[1:]).sum(axis=0) >= 2)]
    usual = usual[np.isfinite(usual).sum(axis=1) >= 2]
    model = fit_response_times(usual)
    own = times[:1, (np.isfinite(times[1:]).sum(axis=0) >= 2)]
    return float(speed(own, model).z[0]), float(model.residual_sd.min())


@pytest.mark.parametrize(("units", "seldom"), [(14, 0), (20, 0), (20, 40)])
def test_honest_people_are_called_fast_as_rarely_as_promised_however_few_items_they_share(
    units: int, seldom: int
) -> None:
    rng = np.random.default_rng(7)
    z, smallest = np.array([as_a_sitting_is_read(rng, units, seldom) for _ in range(400)]).T
    assert smallest.min() > 0.15
    assert z.std() == pytest.approx(1, abs=0.1)
    assert (z > 2.326).mean() <= 0.02  # .01 expected, give or take .005


def test_twice_as_fast_is_the_logarithm_of_two_faster_in_any_unit() -> None:
    times, *_ = seconds(50)
    model, milliseconds = fit_response_times(times), fit_response_times(1000 * times)
    assert speed(times / 2, model).log_seconds == pytest.approx(speed(times, model).log_seconds + np.log(2))
    assert speed(1000 * times, milliseconds).z == pytest.approx(speed(times, model).z, abs=1e-6)


def test_a_person_without_times_has_no_speed_and_no_nan() -> None:
    times, *_ = seconds(50)
    model = fit_response_times(times)
    none, one = np.full((1, 20), np.nan), np.full((1, 20), np.nan)
    one[0, 3] = 5.0
    found = speed(np.concatenate([none, one]), model)
    assert (found.log_seconds[0], found.z[0], found.standard_error[0]) == (0.0, 0.0, np.inf)
    assert found.misfit.tolist() == [1.0, 1.0]
    assert np.isfinite(found.residuals).all()
    assert found.standard_error[1] == pytest.approx(model.residual_sd[3])


@pytest.mark.parametrize(
    "wrong", [[[0.0, 1.0]] * 3, [[-1.0, 1.0]] * 3, [[np.inf, 1.0]] * 3, [[np.nan, 1.0]] * 3, [1.0]]
)
def test_times_that_cannot_be_are_refused(wrong: list) -> None:
    with pytest.raises(InvalidResponses):
        fit_response_times(wrong)
    times, *_ = seconds(50)
    with pytest.raises(InvalidResponses, match="20 items"):
        speed(times[:, :5], fit_response_times(times))
