"""No display may contradict a decision that was made on the unrounded number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.results import figures
from app.results.report_result import on_the_decided_side


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
