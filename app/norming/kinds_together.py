"""How strongly judgement and self-report go together in the sample that set the scale: part of that scale from then on.

A composite is standardised by this correlation, so norms of one scale must use one number, and it is not estimated
anew when the people change. Where it cannot be told well, and on scales set before it was, the sitting policy's stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.norming.samples import KindOfEvidence, answered_by
from scoring.errors import ScoringError
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.kinds_correlation import estimate_kinds_correlation
from scoring.misfit_aware import misfit_aware
from scoring.normal import NODES
from scoring.responses import ResponseMatrix

MOST_PEOPLE = 20_000  # the correlation then has an error of about a hundredth
LARGEST_ERROR = 0.1  # beyond, the policy's value is as good a guess; 300 founders give .05 to .07

Read = tuple[KindOfEvidence, tuple[str, ...], ItemParameters, float]  # responses, codes and items, and the stray share


def estimated(judgement: Read, self_report: Read) -> dict[str, Any]:
    """Correlation, standard error and number of people as plain numbers, or the reason why there is none."""
    both = np.flatnonzero(answered_by(judgement[0]) & answered_by(self_report[0]))
    if both.size > MOST_PEOPLE:
        both = both[np.linspace(0, both.size - 1, MOST_PEOPLE).round().astype(np.int64)]
    try:
        found = estimate_kinds_correlation(*(_log_likelihood(read, both) for read in (judgement, self_report)))
    except ScoringError as problem:
        return {"correlation": None, "standard_error": None, "reason": str(problem)}
    error = found.standard_error if np.isfinite(found.standard_error) else None
    return {"correlation": found.correlation, "standard_error": error, "n": found.n, "converged": found.converged}


def in_use(stored: Mapping[str, Any] | None) -> float | None:
    """The correlation as a calibration run stores it, where it is told well enough."""
    if not stored or not stored.get("converged") or stored["standard_error"] is None:
        return None
    return float(stored["correlation"]) if stored["standard_error"] <= LARGEST_ERROR else None


def _log_likelihood(read: Read, people: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each of `people` over the nodes, softened as a sitting's is."""
    evidence, codes, items, stray_share = read
    place = {code: column for column, code in enumerate(evidence.codes)}
    known = [(place[code], row) for row, code in enumerate(codes) if code in place]
    parameters = items.take([row for _, row in known])
    responses = evidence.responses.codes[people][:, [column for column, _ in known]]
    # A category that calibration never saw was merged into the highest it did see.
    merged = np.minimum(responses, (parameters.categories - 1).astype(np.int8))
    return misfit_aware(log_likelihood(ResponseMatrix(merged), parameters, NODES), stray_share)
