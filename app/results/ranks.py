"""A score under a norm: percentile ranks of its median and of the ends of its band. Pure."""

from __future__ import annotations

from app.assessment.final_scores import FinalScore
from app.norming.queries import NormView


def ranks_of(score: FinalScore, norm: NormView) -> tuple[float, float, float]:
    """Percentile ranks of band's lower end, median and upper end."""
    low, rank, high = norm.table.percentile_rank([score.interval_low, score.median, score.interval_high])
    return float(low), on_the_decided_side(float(rank), score.probability_above, norm.cut_percentile), float(high)


def on_the_decided_side(rank: float, confidence: float | None, cut_percentile: float) -> float:
    """Keep rounding of the last bit from putting a rank on the other side of the cut than its decision."""
    if confidence is None:
        return rank
    below = cut_percentile - 1e-9
    return max(rank, cut_percentile) if confidence >= 0.5 else min(rank, below)
