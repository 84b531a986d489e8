"""The distribution of a latent density: how far it reaches, and what nodes can show."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import ScoringError
from scoring.norms import NormTable


def test_a_flat_latent_density_reaches_half_a_step_beyond_its_nodes() -> None:
    table = NormTable.from_latent([[0.0], [1.0], [2.0], [3.0]], [1, 1, 1, 1], 100)
    inside = np.array([-0.4, 0.0, 1.0, 2.5, 3.4])
    np.testing.assert_allclose(table.percentile_rank(inside), 100 * (inside + 0.5) / 4, atol=0.4)
    assert table.percentile_rank([-0.6, 3.6]) == pytest.approx([0, 100], abs=1e-6)
    assert (table.mean, table.sd) == pytest.approx((1.5, 4 / np.sqrt(12)), abs=0.01)
    assert table.distribution_error[240] == pytest.approx(
        np.sqrt(table.distribution[240] * (1 - table.distribution[240]) / 100)
    )
    stated = NormTable.from_latent([0.0, 1.0, 2.0, 3.0], [1, 1, 1, 1], 100, standard_error=[0.01, 0.03, 0.03, 0.01])
    at = np.interp([0.5, 1.5], stated.grid, stated.distribution_error)
    assert at == pytest.approx([0.02, 0.03], abs=1e-6)


@pytest.mark.parametrize("outlier", [40.0, -100.0])
def test_a_score_far_out_does_not_coarsen_the_norm_of_the_others_in_silence(outlier: float) -> None:
    rng = np.random.default_rng(12)
    scores = np.append(rng.standard_normal(500) + rng.normal(0, 0.3, 500), outlier)
    with pytest.raises(ScoringError, match="Person 500: a score of"):
        NormTable.from_sample(scores, 0.3)
    assert NormTable.from_sample(scores).n == 501
    near = NormTable.from_sample(np.append(scores[:-1], 8.0), 0.3)
    assert near.cut(0.9).theta == pytest.approx(NormTable.from_sample(scores[:-1], 0.3).cut(0.9).theta, abs=0.05)
    assert NormTable.from_sample(100 + 15 * scores[:-1], 4.5).n == 500
