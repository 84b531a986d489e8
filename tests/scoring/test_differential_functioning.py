"""Differential functioning: planted differences are found, fair items left alone, sums checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring import differential_functioning
from scoring.calibration import calibrate
from scoring.differential_functioning import METHODS, dif
from scoring.errors import InvalidResponses, ScoringError
from scoring.items import ItemParameters
from scoring.responses import MISSING
from scoring.simulation import simulate_responses
from tests.scoring.fitted_once import simulated_two_groups


def planted(categories: int = 4, shift: float = 0.9) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Ten items, 1,200 persons a group, the focal group lower by .4; item 3 is harder for it by `shift` logits."""
    rng = np.random.default_rng(11)
    thresholds = np.sort(rng.normal(0, 0.8, (10, categories - 1)), axis=1) + 0.2 * np.arange(categories - 1)
    items = ItemParameters(rng.uniform(1.0, 1.8, 10), thresholds)
    moved = thresholds.copy()
    moved[3] += shift
    reference = simulate_responses(items, rng.standard_normal(1200), rng)
    focal = simulate_responses(ItemParameters(items.slopes, moved), rng.standard_normal(1200) - 0.4, rng)
    return np.concatenate([reference, focal]), np.repeat([0, 1], 1200)


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_difference_is_found_with_its_sign(method: str) -> None:
    codes, groups = planted(2 if method == "logistic" else 4)
    found = dif(codes, groups, method, purify=method == "likelihood_ratio")  # the planted item is an anchor otherwise
    assert found.flagged[3]
    assert found.effect[3] < 0
    assert found.ets[3] in {"B", "C"}
    assert found.adjusted_p[3] < 1e-6
    assert np.delete(found.flagged, 3).sum() == 0
    assert found.chi_square.argmax() == 3


def test_turning_the_groups_round_turns_the_effect() -> None:
    codes, groups = planted()
    one, other = dif(codes, groups), dif(codes, 1 - groups)
    np.testing.assert_allclose(one.chi_square, other.chi_square, atol=1e-3)
    assert np.sign(one.effect[3]) == -np.sign(other.effect[3])
    assert one.unsigned[3] == pytest.approx(abs(one.effect[3]), rel=0.05)


@pytest.mark.parametrize("method", ["likelihood_ratio", "ordinal"])
def test_fair_items_are_flagged_no_more_often_than_stated(method: str) -> None:
    _, codes, groups = simulated_two_groups()
    found = dif(codes, groups, method)
    assert not found.flagged.any()
    assert found.p_value.min() > 1e-3
    assert np.median(found.p_value) > 0.1


def test_the_likelihood_ratio_is_that_of_two_calibrations() -> None:
    codes, groups = planted()
    codes, groups = codes[900:1500], groups[900:1500]
    base = calibrate(codes, groups=groups)
    own = np.concatenate([codes, codes[:, [3]]], axis=1)
    own[groups == 1, 3] = MISSING
    own[groups == 0, 10] = MISSING
    free = calibrate(own, groups=groups)
    found = dif(codes, groups)
    assert found.chi_square[3] == pytest.approx(2 * (free.log_likelihood - base.log_likelihood), abs=1e-3)
    assert found.degrees_of_freedom[3] == 4


def test_purification_clears_items_that_a_planted_one_made_suspect() -> None:
    codes, groups = planted(2, shift=2.2)
    plain, pure = (dif(codes, groups, "mantel_haenszel", purify=purify) for purify in (False, True))
    assert pure.flagged[3]
    assert np.delete(np.abs(pure.effect), 3).mean() < np.delete(np.abs(plain.effect), 3).mean()
    ratio = dif(codes, groups, purify=True)
    assert ratio.flagged[3]
    assert np.delete(ratio.chi_square, 3).mean() < np.delete(dif(codes, groups).chi_square, 3).mean()


def test_three_groups_are_compared_at_once() -> None:
    codes, groups = planted()
    found = dif(codes, np.where(np.arange(groups.size) % 2 == 0, groups, 2 * groups))
    assert found.groups == (0, 1, 2)
    assert found.degrees_of_freedom[0] == 8
    assert found.flagged[3]


def test_the_scale_of_the_weights_does_not_matter() -> None:
    codes, groups = planted(2)
    codes, groups = codes[800:1600], groups[800:1600]
    plain, fivefold = dif(codes, groups, model="2pl"), dif(codes, groups, model="2pl", weights=np.full(800, 5.0))
    np.testing.assert_allclose(fivefold.chi_square, plain.chi_square, atol=1e-3)
    np.testing.assert_allclose(fivefold.standardised, plain.standardised, atol=1e-4)


def test_unequal_weights_flag_fair_items_no_more_often_than_stated() -> None:
    rng = np.random.default_rng(14)
    items = ItemParameters(rng.uniform(1, 2, 6), rng.normal(0, 1, (6, 1)), "2pl")
    found = []
    for _ in range(25):
        codes, weights = simulate_responses(items, rng.standard_normal(600), rng), rng.lognormal(0, 0.9, 600)
        found.extend(dif(codes, np.arange(600) % 2, model="2pl", weights=weights).p_value < 0.05)
    assert np.mean(found) < 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / len(found))


def test_an_items_spread_is_that_of_the_weighted_persons() -> None:
    codes, groups = planted()
    chosen = np.arange(codes.shape[0]) % 2 == 0
    half, weighted = dif(codes[chosen], groups[chosen]), dif(codes, groups, weights=chosen.astype(float))
    np.testing.assert_allclose(weighted.standardised, half.standardised, atol=1e-6)
    np.testing.assert_allclose(weighted.chi_square, half.chi_square, atol=1e-3)


def test_a_category_one_group_never_chose_costs_its_degree_of_freedom() -> None:
    codes, groups = planted()
    codes = codes[600:1800].copy()
    groups = groups[600:1800]
    codes[(groups == 1) & (codes[:, 5] == 3), 5] = 2
    found = dif(codes, groups)
    assert found.degrees_of_freedom[5] == 3
    assert found.degrees_of_freedom[4] == 4


@given(
    seed=st.integers(0, 10_000),
    method=st.sampled_from(["likelihood_ratio", "mantel_haenszel", "ordinal"]),
    persons=st.sampled_from([6, 50]),
    sparse=st.sampled_from([0.0, 0.5, 0.9]),
)
@example(seed=0, method="likelihood_ratio", persons=6, sparse=0.9)  # freed, no item has two categories left in a group
@example(seed=44, method="likelihood_ratio", persons=6, sparse=0.5)
@settings(max_examples=8, deadline=None)
def test_hostile_data_never_give_nan(seed: int, method: str, persons: int, sparse: float) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (persons, 4)).astype(np.int8)
    codes[:, 1] = 2
    codes[: persons // 2, 2] = 0
    codes[rng.random(codes.shape) < sparse] = MISSING
    codes[0, 0], codes[-1, 0] = 0, 1
    codes[1] = MISSING
    found = dif(codes, np.arange(persons) >= persons // 2, method)
    for values in (found.chi_square, found.p_value, found.adjusted_p, found.effect, found.standardised, found.unsigned):
        assert np.isfinite(values).all()
    assert found.p_value[1] == 1
    assert found.ets[1] == "A"


def test_impossible_requests_are_refused() -> None:
    codes, groups = planted()
    with pytest.raises(ScoringError, match="Unknown method"):
        dif(codes, groups, "guess")
    with pytest.raises(ScoringError, match="Unknown model"):
        dif(codes, groups, model="rasch")
    with pytest.raises(ScoringError, match="two groups"):
        dif(codes, np.arange(groups.size) % 3, "ordinal")
    with pytest.raises(ScoringError, match='"ordinal"'):
        dif(codes, groups, "logistic")
    with pytest.raises(InvalidResponses, match="two groups or more"):
        dif(codes, np.zeros(groups.size))
    with pytest.raises(InvalidResponses, match="labels"):
        dif(codes, groups[:5])


@pytest.mark.parametrize("lacking", [None, np.nan, 1])
@pytest.mark.parametrize("method", ["mantel_haenszel", "likelihood_ratio"])
def test_groups_with_a_label_missing_or_of_another_kind_are_refused(lacking: object, method: str) -> None:
    codes, groups = planted()
    labels = np.where(groups == 0, "first", "second").astype(object)
    labels[5] = lacking
    for refused in (lambda: dif(codes, labels, method), lambda: calibrate(codes, groups=labels)):
        with pytest.raises(InvalidResponses, match="labels"):
            refused()
    if lacking != 1:
        with pytest.raises(InvalidResponses, match="none of them missing"):
            dif(codes, labels.tolist(), method)


@pytest.mark.parametrize(("categories", "model"), [(2, "2pl"), (4, "graded")])
def test_an_item_that_a_whole_group_answers_alike_is_named_and_not_called_negligible(
    categories: int, model: str
) -> None:
    codes, groups = planted(categories)
    codes, groups = codes[900:1500].copy(), groups[900:1500]
    codes[groups == 1, 2] = categories - 1
    found = dif(codes, groups, model=model)
    assert found.ets[2] == ""
    assert (found.degrees_of_freedom[2], found.p_value[2]) == (0, 1)
    assert "Item 2: group 1 uses one category only; not tested." in found.notes
    assert not [note for note in found.notes if note.startswith("Item 4")]
    assert dif(codes, groups, "mantel_haenszel").ets[2] == "C"


def test_an_item_that_only_one_group_was_given_is_named() -> None:
    codes, groups = planted(2)
    codes, groups = codes[900:1500].copy(), groups[900:1500]
    codes[groups == 1, 2] = MISSING
    found = dif(codes, groups, model="2pl")
    assert found.ets[2] == ""
    assert any(note.startswith("Item 2: group 1 gave no answer") for note in found.notes)


def test_a_group_without_weight_is_refused() -> None:
    codes, groups = planted(2)
    with pytest.raises(InvalidResponses, match="have weight"):
        dif(codes, groups, model="2pl", weights=(groups == 0).astype(float))


@pytest.mark.parametrize("method", ["likelihood_ratio", "mantel_haenszel"])
def test_purification_that_does_not_settle_says_so(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differential_functioning, "MOST_ROUNDS", 1)
    codes, groups = planted(2, shift=2.2)
    said = [note for note in dif(codes, groups, method, purify=True).notes if "did not settle" in note]
    assert len(said) == 1
    assert not [note for note in dif(codes, groups, method).notes if "did not settle" in note]
