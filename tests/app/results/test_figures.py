"""No display may contradict a decision that was made on the unrounded number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.results import figures
from app.results.ranks import on_the_decided_side


@pytest.mark.parametrize(
    ("rank", "shown"),
    [(89.96, "89.9"), (89.9999, "89.9"), (90.0, "90.0"), (90.04, "90.0"), (0.0, "0.0"), (100.0, "100.0")],
)
def test_case_037_a_percentile_rank_is_shown_rounded_down(rank, shown):
    assert figures.percentile_rank(rank) == shown


@given(st.floats(0, 100), st.floats(0, 1))
def test_edge_004_shown_rank_and_decision_agree(rank, confidence):
    shown = float(figures.percentile_rank(on_the_decided_side(rank, confidence, 90.0)))

    assert (shown >= 90.0) == (confidence >= 0.5)


@given(st.floats(0, 1))
def test_edge_004_shown_confidence_and_decision_agree(confidence):
    exact = round(confidence, figures.NOISE_PLACES)

    assert (float(figures.confidence(confidence)) >= 0.5) == (exact >= 0.5)


def test_of_a_hundred_is_rounded_down_so_that_no_page_says_half_below_the_line():
    assert [figures.of_hundred(value) for value in (0.0, 0.009, 0.4999, 0.5, 0.63, 0.999, 1.0)] == [
        0, 0, 49, 50, 63, 99, 100,
    ]  # fmt: skip
