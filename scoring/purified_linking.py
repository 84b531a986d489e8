"""A link through the common items that hold: drifted ones are dropped, one at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.common_items import check_common
from scoring.items import ItemParameters
from scoring.linking import Link, link
from scoring.parameter_drift import LEAST_DRIFT, LEVEL, DriftScreen, Errors, screened, spreads_of

FEWEST_ANCHORS = 3


@dataclass(frozen=True, slots=True, eq=False)
class PurifiedLink:
    """A link through the common items that hold, and which those are.

    Attributes
    ----------
    link : Link
    is_anchor : ndarray of bool, shape (J,)
    screen : DriftScreen
        Of all common items, against the anchors that remained.
    dropped : tuple of int
        In the order in which they were found.
    notes : tuple of str
    """

    link: Link
    is_anchor: NDArray[np.bool_]
    screen: DriftScreen
    dropped: tuple[int, ...]
    notes: tuple[str, ...]


def purified_link(
    new: ItemParameters,
    base: ItemParameters,
    method: str = "stocking_lord",
    *,
    errors: Errors | None = None,
    level: float = LEVEL,
    least: float = LEAST_DRIFT,
    fewest: int = FEWEST_ANCHORS,
    among: ArrayLike | None = None,
) -> PurifiedLink:
    """Link, leaving out drifted items: drop the worst by robust z, look again, until none is left that drifted.

    One at a time, because a drifted item moves the median by which the others are judged. The spread they are judged
    by is that of the first look: each item dropped makes the range of the others narrower, and it would end too
    narrow for stable ones.

    Parameters
    ----------
    new, base, method
        As for `link`.
    errors, level, least
        As for `robust_z`.
    fewest : int
        Anchors below which none is dropped any more; `notes` then names the items still in doubt.
    among : array-like of bool, shape (J,), optional
        The items that may be anchors; all by default.

    References
    ----------
    Huynh & Meyer (2010); Candell & Drasgow (1988) for the iteration.
    """
    check_common(new, base)
    anchor = np.ones(len(new), dtype=bool) if among is None else np.array(among, dtype=bool)
    spreads = spreads_of(new, base, anchor, errors)
    dropped: list[int] = []
    screen = screened(new, base, anchor, spreads, level=level, least=least)
    while anchor.sum() > fewest and (screen.has_drifted & anchor).any():
        suspects = np.where(screen.has_drifted & anchor, screen.worst, -1.0)
        dropped.append(int(np.argmax(suspects)))
        anchor[dropped[-1]] = False
        screen = screened(new, base, anchor, spreads, level=level, least=least)
    doubtful = np.nonzero(screen.has_drifted & anchor)[0]
    notes = tuple(f"Item {j} may have drifted; it was kept as one of the last {fewest} anchors." for j in doubtful)
    kept = np.nonzero(anchor)[0]
    return PurifiedLink(link(new.take(kept), base.take(kept), method), anchor, screen, tuple(dropped), notes)
