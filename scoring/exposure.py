"""How often an item is shown, and how that is kept under a cap: a worn item is a leaked one.

Choosing at random among the best few is not enough: the best item of a bank is still shown to nearly everybody whom it
suits. Eligibility (van der Linden & Veldkamp 2004) decides before a sitting which items it may use at all, with
probabilities that follow what was shown so far; it adapts when the bank or the candidates change, and leaves the choice
of items as it is: an item that is not eligible is not available. Sympson and Hetter's (1985) parameters would decide at
the moment an item is chosen, and would have to be found anew by simulation whenever the bank changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError


def eligible_probabilities(shown: ArrayLike, eligible: ArrayLike, cap: float) -> NDArray[np.float64]:
    """Probability with which each item may be used by the next sitting.

    P(E) = min(1, cap · N(eligible) / N(shown)): were an item shown in a share x of the sittings in which it was
    eligible, being eligible in cap / x of them brings it to the cap.

    Parameters
    ----------
    shown, eligible : array-like, shape (J,)
        Sittings so far in which each item was shown, and in which it was eligible.
    cap : float
        Greatest share of sittings that may show an item, above 0, policy data.

    Returns
    -------
    ndarray, shape (J,)

    References
    ----------
    van der Linden & Veldkamp (2004), Journal of Educational and Behavioral Statistics 29, 273-291.
    """
    seen, could = _counts(shown, eligible, cap)
    return np.asarray(np.where(seen > 0, np.minimum(1.0, cap * could / np.maximum(seen, 1.0)), 1.0))


def draw_eligible(
    probabilities: ArrayLike, groups: ArrayLike, fewest: int, rng: np.random.Generator, *, sittings: int = 1
) -> NDArray[np.bool_]:
    """Draw which items each of some sittings may use.

    Parameters
    ----------
    probabilities : array-like, shape (J,)
        From `eligible_probabilities`.
    groups : array-like of int, shape (J,)
        A number per content cell (facet and kind), from 0.
    fewest : int
        Items of each cell that stay eligible whatever was drawn, so that a sitting never lacks content: those whose
        draw came nearest are added. In a cell with no more items than these all are eligible, and the cap cannot hold.
    rng : numpy.random.Generator
        The same state gives the same items; the draw is made, and stored, when a sitting starts.
    sittings : int
        S, at least 1.

    Returns
    -------
    ndarray of bool, shape (S, J)
    """
    chances = np.asarray(probabilities, dtype=float).reshape(-1)
    cells = np.asarray(groups, dtype=np.int64).reshape(-1)
    if chances.shape != cells.shape or fewest < 0 or not ((chances >= 0) & (chances <= 1)).all():
        raise ScoringError("Eligibility needs a probability and a content cell for each item, and fewest at least 0.")
    if sittings < 1:
        raise ScoringError(f"Eligibility is drawn for at least one sitting, not {sittings}.")
    short_by = rng.random((sittings, chances.size)) - chances  # below 0: eligible
    allowed = short_by < 0
    for cell in np.unique(cells):
        members = np.nonzero(cells == cell)[0]
        nearest = members[np.argsort(short_by[:, members], axis=1, kind="stable")[:, :fewest]]
        np.put_along_axis(allowed, nearest, values=True, axis=1)
    return np.asarray(allowed)


def _counts(shown: ArrayLike, eligible: ArrayLike, cap: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    seen = np.asarray(shown, dtype=float).reshape(-1)
    could = np.asarray(eligible, dtype=float).reshape(-1)
    if not 0.0 < cap <= 1.0:
        raise ScoringError(f"An exposure cap is a share above 0 and at most 1; got {cap}.")
    if seen.shape != could.shape or not (np.isfinite(seen) & (seen >= 0) & (seen <= could)).all():
        raise ScoringError("An item cannot be shown in fewer than no sittings, nor in more than it was open to.")
    return seen, could
