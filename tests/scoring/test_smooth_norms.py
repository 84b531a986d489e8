"""Smooth norms: the reference program's figures, recovery of a known surface, refusals."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scoring.errors import EmptyNormSample, ScoringError
from scoring.smooth_norms import Term, fit_smooth_norms
from tests.conftest import shared_file
from tests.scoring.real_responses import reference


def term(name: str) -> Term:
    """L2A1 is (2, 1)."""
    powers = {letter: int(name[name.index(letter) + 1]) for letter in "LA" if letter in name}
    return powers.get("L", 0), powers.get("A", 0)


def elfe() -> tuple[dict[str, Any], np.ndarray, np.ndarray, list[Term]]:
    stored = reference(shared_file, "cNORM_elfe")
    rows = list(csv.DictReader(shared_file("data/cnorm_elfe.csv").read_text().splitlines()))
    ages, raws = (np.array([float(row[name]) for row in rows]) for name in ("group", "raw"))
    return stored, raws, ages, [term(name) for name in stored["terms"][1:]]


def test_the_reference_programs_terms_reach_its_share_of_variance() -> None:
    stored, raws, ages, terms = elfe()
    norms = fit_smooth_norms(raws, ages, terms=terms)
    assert norms.adjusted_r2 == pytest.approx(stored["r2"], abs=1e-9)
    assert (norms.n, norms.raw_range, norms.age_range, norms.notes) == (1400, (0.0, 28.0), (2.0, 5.0), ())
    # its coefficients are means over random tenths of the sample, ours are of the whole: one per cent apart
    assert norms.coefficients == pytest.approx(np.array(stored["coef"]), rel=0.011)
    table = np.stack([norms.norm_score(stored["raw"], age) for age in stored["ages"]], axis=1)
    assert np.abs(table - stored["Tscore"]).max() < 0.08
    assert np.median(np.abs(table - stored["Tscore"])) < 0.001


def test_the_reference_programs_coefficients_give_its_norm_table() -> None:
    stored, raws, ages, terms = elfe()
    norms = replace(fit_smooth_norms(raws, ages, terms=terms), coefficients=np.array(stored["coef"]))
    table = np.stack([norms.norm_score(stored["raw"], age) for age in stored["ages"]], axis=1)
    assert table == pytest.approx(np.array(stored["Tscore"]), abs=1e-5)


def test_terms_chosen_by_ourselves_are_few_reach_the_usual_share_and_do_not_cross() -> None:
    _, raws, ages, terms = elfe()
    norms = fit_smooth_norms(raws, ages)
    assert norms.adjusted_r2 >= 0.99
    assert len(norms.terms) <= len(terms)
    assert norms.notes == ()
    for age in np.linspace(2, 5, 13):
        assert (np.diff(norms.raw(np.linspace(25, 75, 101), age)) >= 0).all()
        assert (np.diff(norms.norm_score(np.arange(29), age)) >= 0).all()


def invented(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Raw scores that rise with age and with a normal score of known value."""
    rng = np.random.default_rng(seed)
    ages = np.repeat(np.arange(6.0, 12.0), 400)
    scores = rng.standard_normal(ages.size)
    return 20 + 4 * ages + (3 + 0.5 * ages) * scores, ages, scores


def test_a_known_surface_is_recovered_between_the_ages_sampled() -> None:
    raws, ages, _ = invented()
    known, chosen = fit_smooth_norms(raws, ages, terms=[(1, 0), (0, 1), (1, 1)]), fit_smooth_norms(raws, ages)
    for age in (6.0, 7.5, 9.25, 11.0):
        for z in (-1.5, -0.5, 0.0, 1.0, 1.8):
            raw = 20 + 4 * age + (3 + 0.5 * age) * z
            assert known.norm_score(raw, age) == pytest.approx(50 + 10 * z, abs=1.0)
            assert chosen.norm_score(raw, age) == pytest.approx(50 + 10 * z, abs=2.5)
    assert known.percentile_rank(20 + 4 * 8.0, 8.0) == pytest.approx(50.0, abs=3)


def test_a_norm_score_turned_to_a_raw_score_and_back_is_itself() -> None:
    raws, ages, _ = invented()
    norms = fit_smooth_norms(raws, ages)
    scores = np.linspace(32, 68, 37)
    assert norms.norm_score(norms.raw(scores, 8.3), 8.3) == pytest.approx(scores, abs=1e-4)


def test_a_weight_of_two_is_the_person_twice() -> None:
    raws, ages, _ = invented()
    weights = np.where(np.arange(raws.size) % 3 == 0, 2.0, 1.0)
    terms = [(1, 0), (0, 1), (1, 1)]
    twice = np.concatenate([np.arange(raws.size), np.flatnonzero(weights == 2)])
    weighted = fit_smooth_norms(raws, ages, weights=weights, terms=terms)
    repeated = fit_smooth_norms(raws[twice], ages[twice], terms=terms)
    assert weighted.coefficients == pytest.approx(repeated.coefficients, rel=1e-9)


def test_scores_beyond_the_sample_stay_at_the_ends() -> None:
    raws, ages, _ = invented()
    norms = fit_smooth_norms(raws, ages)
    assert norms.norm_score([-1e6, 1e6], 8.0).tolist() == [25.0, 75.0]
    assert norms.raw(75.0, 11.0) <= raws.max()
    with pytest.raises(ScoringError, match="nothing beyond"):
        norms.norm_score(40.0, 13.0)
    with pytest.raises(ScoringError, match="finite"):
        norms.norm_score(np.nan, 8.0)


def test_curves_that_cross_are_noted_and_still_never_score_more_for_less() -> None:
    rng = np.random.default_rng(6)
    ages = np.repeat([1.0, 2.0, 3.0], 300)
    spread = np.where(ages == 2.0, 1.0, 8.0)
    raws = 30 + 3 * ages + spread * rng.standard_normal(ages.size)
    norms = fit_smooth_norms(raws, ages, terms=[(1, 0), (0, 1), (1, 1), (1, 2), (5, 1), (5, 2)])
    curved = fit_smooth_norms(raws, ages, terms=[(2, 0), (2, 1), (2, 2), (0, 1)])
    assert any("cross" in note for note in (*norms.notes, *curved.notes))
    for fitted in (norms, curved):
        for age in (1.0, 1.5, 2.0, 2.9):
            assert (np.diff(fitted.norm_score(np.linspace(0, 70, 200), age)) >= 0).all()


def test_where_a_curve_turns_down_the_first_norm_score_that_reaches_the_raw_score_counts() -> None:
    raws, ages, _ = invented()
    hill = replace(
        fit_smooth_norms(raws, ages), terms=((0, 0), (1, 0), (2, 0)), coefficients=np.array([-3600.0, 120.0, -1.0])
    )  # -(L - 60)²
    assert hill.norm_score([-400.0, -25.0, 0.0, 1.0], 8.0) == pytest.approx([40.0, 55.0, 60.0, 75.0], abs=0.02)


def test_a_surface_that_explains_little_says_so() -> None:
    rng = np.random.default_rng(7)
    ages, raws = np.repeat([1.0, 2.0], 100), rng.integers(0, 2, 200).astype(float)
    assert "below 0.99" in fit_smooth_norms(raws * 50, ages, group=rng.integers(0, 40, 200)).notes[-1]


@pytest.mark.parametrize(
    ("raw", "age", "options"),
    [
        ([1.0, 2.0], [1.0], {}),
        ([1.0, np.nan], [1.0, 2.0], {}),
        ([1.0, 1.0], [1.0, 2.0], {}),
        ([1.0, 2.0], [1.0, 1.0], {}),
        ([1.0, 2.0], [1.0, 2.0], {"weights": [1.0, 0.0]}),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], {"powers": 7}),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], {"terms": [(1, 0), (2, 0), (3, 0)]}),
    ],
)
def test_smooth_norms_refuse_what_cannot_be_meant(raw: list[float], age: list[float], options: dict[str, Any]) -> None:
    with pytest.raises(ScoringError):
        fit_smooth_norms(raw, age, **options)


def test_nobody_makes_no_norm() -> None:
    with pytest.raises(EmptyNormSample):
        fit_smooth_norms([], [])


def people(size: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    ages = rng.uniform(6, 12, size)
    return np.round(10 + 3 * (ages - 6) + 4 * rng.standard_normal(size)), ages


def test_exact_ages_need_groups_to_be_ranked_in() -> None:
    raws, ages = people()
    with pytest.raises(ScoringError, match="half years"):
        fit_smooth_norms(raws, ages)
    with pytest.raises(ScoringError, match="half years"):
        fit_smooth_norms(raws, ages, group=np.arange(ages.size))
    assert fit_smooth_norms(raws, ages, group=np.floor(ages * 2)).adjusted_r2 > 0.97


@pytest.mark.parametrize("terms", [None, [(1, 0), (0, 1)]])
def test_groups_of_a_few_are_noted(terms: list[Term] | None) -> None:
    raws, ages = people(400)
    assert any("ranked among" in note for note in fit_smooth_norms(raws, ages, np.floor(ages * 12), terms=terms).notes)
    assert not any("ranked among" in note for note in fit_smooth_norms(raws, ages, np.floor(ages), terms=terms).notes)


@pytest.mark.parametrize("lacking", [np.nan, None])
def test_a_person_without_a_group_is_named(lacking: float | None) -> None:
    raws, ages = people()
    groups = np.floor(ages).astype(object)
    groups[7] = lacking
    for given in (groups, groups.tolist()):
        with pytest.raises(ScoringError, match="Person 7 has no group"):
            fit_smooth_norms(raws, ages, group=given)


def test_groups_may_be_texts_in_any_array() -> None:
    raws, ages = people()
    names = [f"age {age:.0f}" for age in np.floor(ages)]
    asked = [fit_smooth_norms(raws, ages, group=given) for given in (names, np.array(names, dtype=object))]
    assert asked[0].coefficients == pytest.approx(asked[1].coefficients, abs=0)
