"""Careless responding: indices worked by hand, the false-positive rate, planted carelessness, missing answers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from scoring.calibration import calibrate
from scoring.careless_responding import CarelessRule, careless_indices, fit_careless_rule
from scoring.errors import InvalidResponses, ScoringError
from scoring.indices_of_carelessness import Scale, longest_string
from scoring.items import ItemParameters
from scoring.responses import reverse
from scoring.simulation import simulate_responses
from tests.conftest import shared_file
from tests.scoring.real_responses import _columns

SCALES, EACH, CATEGORIES = 5, 8, 5
KEYED = np.array([-1 if (j // SCALES) % 2 else 1 for j in range(SCALES * EACH)])


@cache
def scales() -> tuple[Scale, ...]:
    rng = np.random.default_rng(8)
    return tuple(
        Scale(
            tuple(range(s, SCALES * EACH, SCALES)),
            ItemParameters(rng.lognormal(0.5, 0.2, EACH), np.sort(rng.normal(0, 1.2, (EACH, 4)), axis=1)),
        )
        for s in range(SCALES)
    )


def honest(persons: int, seed: int) -> np.ndarray:
    """Raw answers, scales in turn, every other item of a scale reversed."""
    rng = np.random.default_rng(seed)
    codes = np.empty((persons, KEYED.size), dtype=np.int8)
    for scale in scales():
        codes[:, list(scale.columns)] = simulate_responses(scale.items, rng.standard_normal(persons), rng)
    return reverse(codes, np.full(KEYED.size, CATEGORIES), KEYED)


@cache
def rule() -> CarelessRule:
    return fit_careless_rule(honest(2_000, 1), scales(), KEYED, np.random.default_rng(2))


def share(codes: np.ndarray, rate: float = 0.01) -> float:
    return float(careless_indices(codes, rule()).flagged(rate).mean())


def test_the_longest_string_counts_equal_answers_and_skips_missing_ones() -> None:
    codes = [[0, 0, 0, 1, 1], [2, -1, 2, 2, 0], [0, 1, 2, 3, 4], [-1, -1, -1, -1, -1], [1, 0, 0, -1, 0]]
    assert longest_string(codes).tolist() == [3, 3, 1, 0, 3]


def test_irv_and_content_are_those_worked_by_hand() -> None:
    straight = careless_indices(np.full((1, KEYED.size), 3), rule())
    assert straight.irv[0] == 0.0
    assert straight.content[0] == pytest.approx(0.0, abs=1e-9)  # no order differs from any other
    assert straight.longest_string[0] == KEYED.size
    two = careless_indices(np.tile([1, 3], (1, KEYED.size // 2)), rule())
    assert two.irv[0] == pytest.approx(np.sqrt(KEYED.size / (KEYED.size - 1)))


@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_people_like_the_reference_group_are_flagged_at_the_rate_asked_for(rate: float) -> None:
    flagged = share(honest(4_000, 5), rate)
    assert abs(flagged - rate) < 4 * np.sqrt(rate * (1 - rate) * (1 / 4_000 + 1 / 2_000))


def test_random_straight_and_half_random_answers_are_caught() -> None:
    rng = np.random.default_rng(6)
    real = honest(600, 7)
    random = rng.integers(0, CATEGORIES, real.shape)
    half = np.where(rng.random(real.shape) < 0.5, random, real)
    straight = np.repeat(rng.integers(0, CATEGORIES, (600, 1)), KEYED.size, axis=1)
    assert share(random) > 0.95
    assert share(straight) == 1.0
    assert share(half) > 0.5


def test_kinds_the_rule_was_not_fitted_on_do_not_slip_through() -> None:
    rng = np.random.default_rng(9)
    real = honest(600, 10)
    wave = np.array([0, 1, 2, 3, 4, 3, 2, 1])
    assert share(rng.permuted(real, axis=1)) > 0.8  # one's own answers, shuffled
    assert share(wave[(rng.integers(0, 8, (600, 1)) + np.arange(KEYED.size)) % 8]) > 0.8
    assert share(np.where(rng.random(real.shape) < 0.1, 2, np.repeat(rng.integers(0, 5, (600, 1)), 40, axis=1))) > 0.8


def test_real_answers_keep_to_the_rate_and_planted_carelessness_among_them_is_caught() -> None:
    order = [f"{scale}{place}" for place in range(1, 11) for scale in "ENACO"]
    reversed_places = {"E": (2, 4, 6, 8, 10), "N": (2, 4), "A": (1, 3, 5, 7), "C": (2, 4, 6, 8), "O": (2, 4, 6)}
    keyed = np.array([-1 if int(name[1:]) in reversed_places[name[0]] else 1 for name in order])
    raw = _columns(shared_file("data/openpsy_big5.csv.gz"), order, "\t")
    raw = raw[(raw > 0).all(axis=1)].astype(np.int8) - 1
    rng = np.random.default_rng(19)
    people = rng.permutation(raw.shape[0])
    known, new = raw[people[:3_000]], raw[people[3_000:6_000]]
    turned = reverse(known, np.full(50, 5), keyed)
    form = [Scale(tuple(range(s, 50, 5)), calibrate(turned[:, s::5]).items) for s in range(5)]
    real = fit_careless_rule(known, form, keyed, rng)

    def caught(codes: np.ndarray) -> float:
        return float(careless_indices(codes, real).flagged(0.01).mean())

    random = rng.integers(0, 5, (500, 50))
    assert abs(caught(new) - 0.01) < 4 * np.sqrt(0.01 * 0.99 * 2 / 3_000)
    assert caught(random) > 0.9
    assert caught(np.repeat(random[:, :1], 50, axis=1)) == 1.0
    assert (
        caught(np.clip(np.round(rng.normal(2, 1, (500, 50))), 0, 4)) > 0.55
    )  # its content gives it away, nothing else
    assert caught(np.where(rng.random((500, 50)) < 0.5, random, new[:500])) > 0.45  # scatters ± .07 at this size


def test_missing_answers_do_not_make_anybody_careless_and_ten_are_needed_for_a_verdict() -> None:
    rng = np.random.default_rng(11)
    real = honest(1_500, 12)
    holes = np.where(rng.random(real.shape) < 0.1, -1, real)
    assert share(holes) < 0.03
    few = np.full((2, KEYED.size), -1)
    few[0, :9], few[1, :10] = 2, 2
    found = careless_indices(few, rule())
    assert found.share[0] == 1.0
    assert found.share[1] < 1.0
    empty = careless_indices(np.full((1, KEYED.size), -1), rule())
    assert empty.share.tolist() == [1.0]
    for part in (empty.mahalanobis, empty.content, empty.irv, empty.even_odd, empty.lz):
        assert np.isfinite(part).all()


def test_response_times_make_a_fourth_sign() -> None:
    rng = np.random.default_rng(13)
    real, news = honest(800, 14), honest(400, 15)

    def pace(size: int) -> np.ndarray:
        return np.exp(1.5 - rng.normal(0, 0.3, (size, 1)) + 0.5 * rng.standard_normal((size, KEYED.size)))

    timed = fit_careless_rule(real, scales(), KEYED, rng, pace(800))
    usual = careless_indices(news, timed, pace(400))
    hasty = careless_indices(news, timed, 0.3 * pace(400))
    assert usual.speed is not None
    assert usual.flagged(0.05).mean() < 0.09
    assert hasty.flagged(0.05).mean() > 0.9
    with pytest.raises(InvalidResponses, match="exactly when"):
        careless_indices(news, timed)
    with pytest.raises(InvalidResponses, match="exactly when"):
        careless_indices(news, rule(), pace(400))


def test_the_same_seed_gives_the_same_rule() -> None:
    codes, news = honest(300, 16), honest(50, 17)
    one, two = (fit_careless_rule(codes, scales(), KEYED, np.random.default_rng(1)) for _ in range(2))
    assert (careless_indices(news, one).share == careless_indices(news, two).share).all()
    assert one.references == 300


def test_careless_responding_refuses_what_cannot_be_meant() -> None:
    codes, rng = honest(300, 18), np.random.default_rng(1)
    with pytest.raises(InvalidResponses, match="needs 200"):
        fit_careless_rule(codes[:100], scales(), KEYED, rng)
    with pytest.raises(ScoringError, match="once"):
        fit_careless_rule(codes, scales()[:4], KEYED, rng)
    with pytest.raises(ScoringError, match="Keys"):
        fit_careless_rule(codes, scales(), KEYED * 2, rng)
    apart = codes.copy()
    apart[:150, 0], apart[150:, 1] = -1, -1
    with pytest.raises(InvalidResponses, match="in common"):
        fit_careless_rule(apart, scales(), KEYED, rng)
    with pytest.raises(InvalidResponses, match="40 items"):
        careless_indices(codes[:, :30], rule())
    with pytest.raises(ScoringError, match="false-positive"):
        careless_indices(codes, rule()).flagged(0.0)


def test_newcomers_like_a_small_reference_group_are_flagged_no_more_often_than_asked() -> None:
    """Looked at by a rule they had helped to make, the group seemed so careful that .2 of newcomers were flagged."""
    news = honest(2_000, 40)
    small = [fit_careless_rule(honest(300, 41 + k), scales(), KEYED, np.random.default_rng(k)) for k in range(2)]
    flagged = [careless_indices(news, one).flagged(0.05).mean() for one in small]
    assert 0.01 < np.mean(flagged) < 0.075
    assert [one.references for one in small] == [300, 300]


def test_a_form_of_many_items_needs_a_larger_reference_group() -> None:
    items = ItemParameters(np.ones(30), np.tile([-1.0, 0.0, 1.0], (30, 1)))
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, (299, 60))
    form = [Scale(tuple(range(30)), items), Scale(tuple(range(30, 60)), items)]
    with pytest.raises(InvalidResponses, match="60 items needs 300"):
        fit_careless_rule(codes, form, np.ones(60), rng)
