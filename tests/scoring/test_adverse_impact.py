"""Adverse impact: golden numbers worked by hand, small cells, empty groups, unknown people."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.adverse_impact import (
    NOBODY_SELECTED,
    REFERENCE,
    TOO_SMALL,
    AdverseImpact,
    ImpactRow,
    ImpactTable,
    adverse_impact,
    rate_interval,
    ratio_interval,
)
from scoring.errors import ScoringError

Z = 1.959963984540054


def people(*cells: tuple[object, int, int]) -> tuple[list[object], list[bool]]:
    """Categories and decisions of cells (category, candidates, selected)."""
    categories = [category for category, candidates, _ in cells for _ in range(candidates)]
    decisions = [k < selected for _, candidates, selected in cells for k in range(candidates)]
    return categories, decisions


def by_sex(*cells: tuple[object, int, int], **options: object) -> AdverseImpact:
    sex, awarded = people(*cells)
    return adverse_impact({"sex": sex}, awarded, **options)  # type: ignore[arg-type]


def row(table: ImpactTable, *categories: str) -> ImpactRow:
    return next(row for row in table.rows if row.categories == categories)


def hypergeometric_p(x: int, m: int, y: int, n: int) -> float:
    """Fisher's two-sided p from binomial coefficients."""
    selected, everybody = x + y, m + n
    chances = {
        k: math.comb(m, k) * math.comb(n, selected - k) / math.comb(everybody, selected)
        for k in range(max(0, selected - n), min(m, selected) + 1)
    }
    return sum(chance for chance in chances.values() if chance <= chances[x] * (1 + 1e-9))


def test_rates_ratio_and_intervals_are_those_worked_by_hand() -> None:
    table = by_sex(("women", 60, 12), ("men", 100, 30)).table("sex")
    women, men = row(table, "women"), row(table, "men")
    assert (women.candidates, women.selected, women.share) == (60, 12, 0.375)
    assert (women.rate, men.rate) == (0.2, 0.3)
    assert women.ratio == pytest.approx(2 / 3, abs=1e-15)
    # Wilson: (.2 + 3.8415/120 ∓ 1.95996 √((.16 + 3.8415/240)/60)) / (1 + 3.8415/60)
    assert women.rate_interval == pytest.approx((0.118285, 0.317818), abs=2e-6)
    assert women.below_four_fifths is True
    assert women.fisher_p == pytest.approx(hypergeometric_p(12, 60, 30, 100), rel=1e-9)
    assert women.note == ""
    assert (men.ratio, men.ratio_interval, men.fisher_p, men.note) == (1.0, None, None, REFERENCE)
    assert men.below_four_fifths is False


def test_the_example_of_the_citys_rule_comes_out() -> None:
    table = by_sex(("Male", 1390, 667), ("Female", 1181, 555)).table("sex")
    assert round(row(table, "Male").rate, 2) == 0.48
    assert round(row(table, "Female").rate, 2) == 0.47
    ratio = row(table, "Female").ratio
    assert ratio is not None
    assert round(ratio, 3) == 0.979


def test_koopmans_interval_is_the_published_one() -> None:
    assert ratio_interval(36, 40, 16, 80, Z) == pytest.approx((2.9396, 7.1522), abs=1e-4)  # Koopman (1984)


def test_four_fifths_exactly_is_not_below() -> None:
    assert (60 / 100) / (90 / 120) < 0.8  # what floating point would say
    assert row(by_sex(("a", 100, 60), ("b", 120, 90)).table("sex"), "a").below_four_fifths is False
    assert row(by_sex(("a", 100, 59), ("b", 120, 90)).table("sex"), "a").below_four_fifths is True


def test_one_call_gives_every_attribute_and_intersection_for_every_measure() -> None:
    sex = ["f", "f", "m", "m"] * 25
    race = ["a", "b"] * 50
    scores = np.arange(100.0)
    found = adverse_impact({"sex": sex, "race": race}, scores >= 90, scores, [80.0, 95.0])
    assert [(t.attributes, t.measure, t.threshold) for t in found.tables] == [
        (attributes, measure, threshold)
        for measure, threshold in (("selection", None), ("scoring", 49.5), ("cut", 80.0), ("cut", 95.0))
        for attributes in (("sex",), ("race",), ("sex", "race"))
    ]
    crossed = found.table("sex", "race")
    assert [r.categories for r in crossed.rows] == [("f", "a"), ("f", "b"), ("m", "a"), ("m", "b")]
    assert sum(r.candidates for r in crossed.rows) == found.candidates == 100
    assert sum(r.selected for r in found.table("sex", measure="cut", threshold=95.0).rows) == 5
    with pytest.raises(ScoringError, match="no table of cut by race and sex"):
        found.table("race", "sex", measure="cut")


def test_the_scoring_rate_is_the_share_strictly_above_the_median_of_everybody() -> None:
    sex = ["f", "f", "m", "m", None]
    table = adverse_impact({"sex": sex}, scores=[1.0, 2.0, 2.0, 4.0, 3.0], fewest_persons=1).table(
        "sex", measure="scoring"
    )
    assert table.threshold == 2.0
    assert (row(table, "f").rate, row(table, "m").rate) == (0.0, 0.5)
    assert (table.unknown, table.unknown_selected) == (1, 1)


def test_edge_085_a_cell_of_three_people_keeps_its_count_and_loses_its_ratio() -> None:
    table = by_sex(("x", 3, 3), ("f", 50, 20), ("m", 47, 20), (None, 5, 2), ("", 1, 0)).table("sex")
    small = row(table, "x")
    assert (small.candidates, small.selected, small.rate, small.note) == (3, 3, 1.0, TOO_SMALL)
    assert (small.ratio, small.ratio_interval, small.fisher_p, small.below_four_fifths) == (None, None, None, None)
    assert row(table, "m").note == REFERENCE  # not the three, whose rate is higher
    assert (table.unknown, table.unknown_selected) == (6, 2)


def test_a_category_under_two_percent_of_everybody_is_left_out_and_one_at_two_percent_is_not() -> None:
    table = by_sex(("x", 19, 5), ("y", 20, 5), ("z", 961, 480)).table("sex")
    assert row(table, "x").note == TOO_SMALL
    assert row(table, "y").ratio == pytest.approx(0.25 / (480 / 961))
    assert row(by_sex(("x", 9, 5), ("y", 20, 5)).table("sex"), "x").note == TOO_SMALL
    assert row(by_sex(("x", 10, 5), ("y", 20, 5)).table("sex"), "x").note == REFERENCE


def test_edge_086_nobody_awarded_in_a_group_is_a_ratio_of_zero_with_an_interval() -> None:
    none = row(by_sex(("f", 50, 0), ("m", 60, 10)).table("sex"), "f")
    assert none.ratio == 0.0
    assert none.ratio_interval is not None
    assert none.ratio_interval == pytest.approx((0.0, 0.43592), abs=1e-4)
    assert none.rate_interval[0] == 0.0


def test_edge_086_nobody_awarded_at_all_is_equal_and_says_so() -> None:
    table = by_sex(("f", 50, 0), ("m", 60, 0)).table("sex")
    assert [(r.ratio, r.note, r.below_four_fifths, r.ratio_interval) for r in table.rows] == [
        (1.0, NOBODY_SELECTED, False, None)
    ] * 2
    assert row(table, "m").fisher_p == 1.0


def test_edge_086_everybody_awarded_is_equal() -> None:
    table = by_sex(("f", 50, 50), ("m", 60, 60)).table("sex")
    assert [(r.ratio, r.note) for r in table.rows] == [(1.0, REFERENCE), (1.0, "")]
    assert row(table, "m").rate_interval[1] == 1.0
    lower, upper = row(table, "m").ratio_interval or (0.0, 0.0)
    assert lower < 1 < upper


def test_without_any_known_category_there_are_no_rows_and_everybody_is_counted() -> None:
    table = by_sex((None, 30, 3)).table("sex")
    assert (table.rows, table.unknown, table.unknown_selected) == ((), 30, 3)


@pytest.mark.parametrize("missing", [math.nan, np.float64("nan"), pd.NaT, pd.NA, np.datetime64("NaT")], ids=repr)
def test_what_pandas_writes_for_a_missing_category_is_unknown(missing: object) -> None:
    table = by_sex((missing, 12, 3), ("f", 20, 5)).table("sex")
    assert [r.categories for r in table.rows] == [("f",)]
    assert (table.unknown, table.unknown_selected) == (12, 3)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1)), min_size=1, max_size=5),
    st.integers(1, 30),
)
def test_every_table_is_finite_where_it_speaks_and_its_intervals_hold_their_estimates(
    cells: list[tuple[int, float]], fewest: int
) -> None:
    filled = [(f"g{k}", size, round(size * share)) for k, (size, share) in enumerate(cells)]
    table = by_sex(*filled, fewest_persons=fewest).table("sex")
    assert sum(r.candidates for r in table.rows) == sum(size for _, size, _ in filled)
    for r in table.rows:
        assert 0 <= r.rate_interval[0] <= r.rate <= r.rate_interval[1] <= 1
        if r.ratio is None:
            assert r.note == TOO_SMALL
            continue
        assert 0 <= r.ratio <= 1
        if r.ratio_interval is not None:
            assert r.ratio_interval[0] - 1e-9 <= r.ratio <= r.ratio_interval[1] + 1e-9
        assert r.fisher_p is None or 0 < r.fisher_p <= 1 + 1e-9


@pytest.mark.parametrize(("x", "m", "y", "n"), [(3, 20, 9, 30), (0, 15, 4, 40), (8, 8, 5, 9), (40, 50, 39, 50)])
def test_koopmans_ends_are_where_the_score_test_just_rejects(x: int, m: int, y: int, n: int) -> None:
    def statistic(ratio: float) -> float:
        rates = np.linspace(1e-6, min(1, 1 / ratio) - 1e-6, 400_001)
        likelihood = y * np.log(rates) + (n - y) * np.log1p(-rates)
        likelihood += x * np.log(ratio * rates) + (m - x) * np.log1p(-ratio * rates)
        p = rates[np.argmax(likelihood)]
        return (x - m * ratio * p) ** 2 / (m * ratio * p * (1 - ratio * p)) + (y - n * p) ** 2 / (n * p * (1 - p))

    for end in ratio_interval(x, m, y, n, Z):
        if end > 0:
            assert statistic(end) == pytest.approx(Z * Z, rel=2e-3)


def test_wilsons_interval_reaches_the_ends_exactly() -> None:
    assert rate_interval(0, 7, Z)[0] == 0.0
    assert rate_interval(7, 7, Z)[1] == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"sex": ["f"]}, None, None), "decisions or scores"),
        (({}, [True], None), "at least one attribute"),
        (({"sex": []}, [], None), "at least one person"),
        (({"sex": ["f", "m"]}, [True], None), "One value for each person"),
        (({"sex": ["f"]}, [2], None), "true or false"),
        (({"sex": ["f"]}, None, [np.nan]), "finite number"),
        (({"sex": ["f"]}, [True], None, [1.0]), "cut needs scores"),
        (({"sex": ["f"]}, None, [1.0], [np.nan]), "cut must be a finite number"),
        (({"sex": ["f"]}, None, [1.0], [0.5, -np.inf]), "cut must be a finite number"),
    ],
)
def test_adverse_impact_refuses_what_cannot_be_meant(arguments: tuple, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        adverse_impact(*arguments)
    with pytest.raises(ScoringError, match="Confidence"):
        adverse_impact({"sex": ["f"]}, [True], confidence=1.0)


def test_cuts_in_an_array_need_scores_as_well() -> None:
    groups = {"s": ["a", "b"] * 20}
    with pytest.raises(ScoringError, match="needs scores"):
        adverse_impact(groups, awarded=[0, 1] * 20, cuts=np.array([1.0, 2.0]))
    listed, array = (adverse_impact(groups, scores=np.arange(40.0), cuts=cuts) for cuts in ([1.0], np.array([1.0])))
    assert listed == array
