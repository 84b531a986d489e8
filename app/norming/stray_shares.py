"""How often a form's answers say nothing of the person, estimated from a sample and handed on with its norm.

The share is found with the sample's responses on the scale they are read on, so a later sample on a scale that is kept
has its own. Where few answered every item of a kind, or so small a part of the people that it may be a selected one,
nothing is estimated: the posterior is then used as the model gives it, and the run says why. What is estimated and has
too large an error is kept with the run, and no norm uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.norming.samples import KindOfEvidence, answered_by
from scoring.errors import InvalidResponses
from scoring.half_forms import DIFFERENCE, estimate_stray_share
from scoring.items import ItemParameters
from scoring.responses import MISSING

STRAY_SHARES: Final = "stray_shares"  # in a composite's pins: [judgement, self_report]
MOST_PEOPLE = 20_000  # the share then has an error of a thousandth or two
FEWEST_FORMS = 300  # without a gap; a hundred and fewer gave shares of up to .25 where none is true
LEAST_PART = 0.5  # of the people who answered the kind; a small part may be selected by how they did
LARGEST_ERROR = 0.01  # beyond, the share may as well be 0: true ones are a few thousandths to a few hundredths
SEED = 20_261_128  # the same responses always give the same halves


def estimated(
    evidence: KindOfEvidence, codes: tuple[str, ...], items: ItemParameters, *, half_forms: int
) -> dict[str, Any]:
    """Share and standard error of one kind of evidence as plain numbers, or the reason why there is none."""
    place = {code: index for index, code in enumerate(evidence.codes)}
    known = [(place[code], row) for row, code in enumerate(codes) if code in place]
    parameters = items.take([row for _, row in known])
    responses = evidence.responses.codes[answered_by(evidence)][:, [column for column, _ in known]]
    # A category that calibration never saw was merged into the highest it did see.
    merged = np.minimum(responses, (parameters.categories - 1).astype(np.int8))
    whole = int((merged != MISSING).all(axis=1).sum())
    if whole < max(FEWEST_FORMS, LEAST_PART * len(merged)):
        reason = f"Too few whole forms: {whole} of {len(merged)} people answered every item. No share is estimated."
        return {"share": None, "standard_error": None, "reason": reason}
    try:
        found = estimate_stray_share(_some(merged), parameters, splits=half_forms, rng=np.random.default_rng(SEED))
    except InvalidResponses as problem:
        return {"share": None, "standard_error": None, "reason": str(problem)}
    error = found.standard_error if np.isfinite(found.standard_error) else None
    return {"share": found.share, "standard_error": error, "half_forms": half_forms}


def _some(codes: NDArray[np.int8]) -> NDArray[np.int8]:
    """Forms without a gap, every so-manieth where there are very many: the halves of all would fill the memory."""
    complete = np.flatnonzero((codes != MISSING).all(axis=1))
    if complete.size <= MOST_PEOPLE:
        return codes
    return codes[complete[np.linspace(0, complete.size - 1, MOST_PEOPLE).round().astype(np.int64)]]


def shares_of(run: Mapping[str, Any] | None) -> tuple[float, float]:
    """(judgement, self-report) as a calibration run stores them; 0 where there is none, or none told well enough."""
    stored = run or {}
    judgement, self_report = (_in_use(stored.get(kind)) for kind in ("judgement", "self_report"))
    return judgement, self_report


def _in_use(stored: Mapping[str, Any] | None) -> float:
    """The share where its error is small; at an end of its range it has none, and only the lower end is believed."""
    if not stored or stored["share"] is None:
        return 0.0
    share, error = float(stored["share"]), stored["standard_error"]
    is_told = share <= DIFFERENCE if error is None else error <= LARGEST_ERROR
    return share if is_told else 0.0


def pinned(composite: Mapping[str, Any]) -> tuple[float, float]:
    """(judgement, self-report) as a norm's composite names them; norms older than the shares name none."""
    judgement, self_report = composite.get(STRAY_SHARES, (0.0, 0.0))
    return float(judgement), float(self_report)
