"""Which items a sitting rests, so that none is worn: drawn once, at the start, from the chances its edition states."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from app.assessment.adaptation import Bank
from app.assessment.models import Edition
from scoring.exposure import draw_eligible

DRAW = 0  # the positions of a sitting draw from [seed, 1], [seed, 2] and so on


def drawn(edition: Edition, bank: Bank, *, avoided: Collection[str], seed: int) -> dict[str, Any] | None:
    """What a sitting with this seed keeps of its edition's exposure control; None under an edition without one.

    Items the person may not see again are left out of the draw, so that what stays holds every facet and kind.
    """
    stated = edition.exposure
    if stated is None:
        return None
    open_to = [place for place, item in enumerate(bank.items) if item.code not in avoided]
    chances = [stated["probabilities"].get(bank.items[place].code, 1.0) for place in open_to]
    cells = bank.facet_numbers[open_to] + len(bank.facets) * bank.kinds[open_to]
    rng = np.random.default_rng([seed, DRAW])
    eligible = draw_eligible(chances, cells, stated["stay_eligible"], rng)[0]
    rested = sorted(bank.items[place].code for place, may in zip(open_to, eligible, strict=True) if not may)
    return {"early_among": stated["early_among"], "rested": rested}
