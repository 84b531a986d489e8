"""One sitting's answers held against answers that people of its standing would give to the same items.

An adaptive sitting has items of its own, so there is no table of indices to look up. The reference is simulated: honest
people at thetas drawn from the sitting's own posterior answer the very items it had, in their order, and the share of
them that looks at least as odd is what is reported. Such a share is honest for any length and any choice of items, but
for what the choice owes to the answers.

Most sittings are like others, and a few simulated ones show it: only where few of the first ones look as odd are all of
them simulated (sequential Monte Carlo, Besag & Clifford 1991, Biometrika 78, 301-304). A sitting that twenty of the
first look as odd as cannot come below 21 / (draws + 1) among all, so that whoever draws a line below that decides as if
all had been simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.ability import estimate_ability
from scoring.indices_of_carelessness import longest_string
from scoring.items import ItemParameters
from scoring.person_fit import standardised_log_likelihood
from scoring.responses import reverse
from scoring.simulation import simulate_responses

DRAWS = 4_999  # simulated sittings: the smallest share is .0002
FIRST_DRAWS = 199
ENOUGH = 20  # as odd among the first: at least a hundredth of 1,999 would be
FEWEST_RESPONSES = 4  # of a kind; fewer fit any theta
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Odd:
    """An index of one sitting, and the share of honest sittings at least as odd; small is odd."""

    value: float
    share: float


def misfit(kinds: Sequence[tuple[ArrayLike, ItemParameters]], rng: np.random.Generator, *, draws: int = DRAWS) -> Odd:
    """How ill the answers fit: lz at the EAP, summed over the kinds of evidence; low is odd.

    Parameters
    ----------
    kinds : sequence of (codes (J,), ItemParameters of the same J items)
        Keyed so that more is more; a kind with fewer than four responses is left out.
    rng : numpy.random.Generator
    draws : int
        Simulated sittings where the share is small; else the first 199.

    Returns
    -------
    Odd
        A share of 1 where no kind has responses enough.

    References
    ----------
    Drasgow, Levine & Williams (1985); a posterior predictive share after Glas & Meijer (2003).
    """
    heard = [
        (np.asarray(codes, dtype=np.int8).reshape(1, -1), items)
        for codes, items in kinds
        if np.size(codes) >= FEWEST_RESPONSES
    ]
    if not heard:
        return Odd(0.0, 1.0)
    observed = float(sum(_lz(own, items)[0] for own, items in heard))

    def as_odd(count: int) -> NDArray[np.bool_]:
        simulated = (_lz(_answers_of_peers(own, items, rng, count), items) for own, items in heard)
        return np.asarray(sum(simulated) <= observed)

    return Odd(observed, _share(as_odd, draws))


def longest_run(
    codes: ArrayLike, items: ItemParameters, keyed: ArrayLike, rng: np.random.Generator, *, draws: int = DRAWS
) -> Odd:
    """Length of the longest run of the same place on the answer scale, in statements in their order; high is odd.

    Parameters
    ----------
    codes : array-like of int, shape (J,)
        Keyed so that more is more.
    items : ItemParameters of the same J items.
    keyed : array-like, shape (J,)
        +1, or -1 where the answer given was turned.
    rng : numpy.random.Generator
    draws : int
        Simulated sittings where the share is small; else the first 199.
    """
    own = np.asarray(codes, dtype=np.int8).reshape(1, -1)
    keys = np.asarray(keyed, dtype=np.int64).reshape(-1)
    if own.size < FEWEST_RESPONSES:
        return Odd(float(own.size), 1.0)
    observed = float(_run(own, items, keys)[0])

    def as_odd(count: int) -> NDArray[np.bool_]:
        return _run(_answers_of_peers(own, items, rng, count), items, keys) >= observed

    return Odd(observed, _share(as_odd, draws))


def _answers_of_peers(
    own: NDArray[np.int8], items: ItemParameters, rng: np.random.Generator, draws: int
) -> NDArray[np.int8]:
    """Answers of people at thetas drawn from the posterior of these answers, shape (draws, J)."""
    ability = estimate_ability(own, items)
    thetas = ability.theta[0] + ability.standard_error[0] * rng.standard_normal(draws)
    return np.asarray(simulate_responses(items, thetas, rng))


def _lz(codes: NDArray[np.int8], items: ItemParameters) -> Floats:
    return standardised_log_likelihood(codes, items, estimate_ability(codes, items).theta)


def _run(codes: NDArray[np.int8], items: ItemParameters, keys: NDArray[np.int64]) -> Floats:
    return np.asarray(longest_string(reverse(codes, items.categories, keys)), dtype=float)


def _share(as_odd: Callable[[int], NDArray[np.bool_]], draws: int) -> float:
    """Of so many simulated sittings, or of the first where that tells enough; the sitting itself counts as one more."""
    count = min(draws, FIRST_DRAWS)
    found = int(as_odd(count).sum())
    if found < ENOUGH and draws > count:
        found, count = found + int(as_odd(draws - count).sum()), draws
    return (1 + found) / (1 + count)
