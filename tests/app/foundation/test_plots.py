"""Plots survive whatever numbers they are given, and put each where its axis says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation import drawings
from app.foundation.plots import Axis, alike, area, axis, figure, line, part_above

numbers = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(numbers, max_size=20))
def test_an_axis_holds_every_value_between_its_ends_in_order(values) -> None:
    across = axis(values, 0, 600)
    assert math.isfinite(across.low)
    assert across.low < across.high
    places = [across.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 600 for place in places)
    assert 2 <= len(across.ticks()) <= 12
    assert all(0 <= tick.at <= 600 for tick in across.ticks())


@given(st.lists(numbers, max_size=20))
def test_nought_keeps_its_words_on_a_narrow_page_and_half_of_many_go(values) -> None:
    ticks = axis(values, 0, 600, around=(0.0,)).ticks(7)
    assert [tick.is_minor for tick in ticks if tick.text == "0"] == [False]
    kept = [tick for tick in ticks if not tick.is_minor]
    assert len(kept) == len(ticks) if len(ticks) <= 5 else len(kept) <= (len(ticks) + 1) // 2 + 1


def test_values_beyond_the_axis_stop_at_its_end() -> None:
    upright = Axis(0, 10, 200, 20)
    assert (upright.at(-5), upright.at(0), upright.at(5), upright.at(10), upright.at(99)) == (200, 200, 110, 20, 20)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-3, "−3"), (1.5, "1.5"), (12_000, "12 k"), (-40_000, "−40 k"), (1_200_000, "1.2 M"), (3e9, "3 G")],
)
def test_figures_are_short_and_say_their_unit(value, text) -> None:
    assert figure(value).replace("\N{NARROW NO-BREAK SPACE}", " ") == text


def test_the_part_above_begins_at_the_limit_itself() -> None:
    points = [(0.0, 0.0), (1.0, 10.0), (2.0, 20.0)]
    assert part_above(points, 1.25) == ((1.25, 12.5), (2.0, 20.0))
    assert part_above(points, 2.5) == ()
    assert part_above(points, -1.0) == tuple(points)


def test_paths_begin_with_a_move_and_areas_close_at_the_foot() -> None:
    across, up = Axis(0, 1, 0, 100), Axis(0, 1, 50, 0)
    assert line([(0, 0), (1, 1)], across, up) == "M 0 50 L 100 0"
    assert area([(0, 1), (1, 1)], across, up) == "M 0 50 L 0 0 L 100 0 L 100 50 Z"
    assert line([], across, up) == area([], across, up) == ""


@given(st.lists(st.tuples(numbers, st.floats(0, 1e6)), max_size=8), numbers)
def test_a_distribution_of_anything_can_be_drawn(points, cut) -> None:
    drawn = drawings.distribution(sorted(points), cut)
    assert 20 <= drawn.cut <= drawings.RIGHT
    assert bool(drawn.whole) == bool(points)


@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=6))
def test_a_control_chart_marks_exactly_what_lies_outside(rows) -> None:
    periods = [(str(n), value, min(a, b), max(a, b)) for n, (value, a, b) in enumerate(rows)]
    chart = drawings.control_chart(periods, 0.0)
    assert [period.is_outside for period in chart.periods] == [not low <= v <= high for _, v, low, high in periods]


def test_a_funnel_of_nobody_has_no_widths_and_no_division_by_zero() -> None:
    assert [stage.width for stage in drawings.funnel([("a", 0), ("b", 0)]).stages] == [0, 0]
    assert drawings.funnel([("a", 200), ("b", 50)]).stages[1].share == "25"
    assert drawings.funnel([]).stages == ()


@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=6))
def test_bars_keep_their_estimate_within_their_band(rows) -> None:
    drawn = drawings.bars([(str(n), *sorted(row)) for n, row in enumerate(rows)])
    assert all(row.low <= row.at <= row.high for row in drawn.rows)


def test_curves_share_one_scale() -> None:
    drawn = drawings.curves([("a", [(0, 1), (2, 3)]), ("b", [(1, -4)])], mark=5.0)
    assert drawn.across.low <= 0
    assert drawn.across.high >= 5
    assert drawn.up.low <= -4
    assert drawn.mark == drawn.across.at(5.0)


def test_figures_of_one_table_have_the_same_decimals() -> None:
    assert [alike([0.1286, 1.282, 3.38])(value) for value in (0.1286, 1.282, 3.38, -0.001)] == [
        "0.13",
        "1.28",
        "3.38",
        "0.00",
    ]
    assert [alike([0.0163, -0.3])(value) for value in (0.0163, -0.3)] == ["0.016", "−0.300"]
    assert [alike([79, 91.4, 100])(value) for value in (79, 100)] == ["79", "100"]
    assert alike([])(0) == "0"
