"""One sitting's answers held against answers that people of its standing would give to the same items.

An adaptive sitting has items of its own, so there is no table of indices to look up. The reference is simulated: honest
people at thetas drawn from the sitting's own posterior answer the very items it had, in their order, and the share of
them that looks at least as odd is what is reported. Such a share is honest for any length and any choice of items, but
for what the choice owes to the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.ability import estimate_ability
from scoring.careless_responding import longest_string
from scoring.items import ItemParameters
from scoring.person_fit import standardised_log_likelihood
from scoring.responses import reverse
from scoring.simulation import simulate_responses

DRAWS = 4_999  # simulated sittings: the smallest share is .0002
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
        Simulated sittings.

    Returns
    -------
    Odd
        A share of 1 where no kind has responses enough.

    References
    ----------
    Drasgow, Levine & Williams (1985); a posterior predictive share after Glas & Meijer (2003).
    """
    observed, simulated, heard = 0.0, np.zeros(draws), False
    for codes, items in kinds:
        own = np.asarray(codes, dtype=np.int8).reshape(1, -1)
        if own.size < FEWEST_RESPONSES:
            continue
        heard = True
        observed += float(_lz(own, items)[0])
        simulated += _lz(_answers_of_peers(own, items, rng, draws), items)
    return Odd(observed, _share(simulated <= observed) if heard else 1.0)


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
    """
    own = np.asarray(codes, dtype=np.int8).reshape(1, -1)
    keys = np.asarray(keyed, dtype=np.int64).reshape(-1)
    if own.size < FEWEST_RESPONSES:
        return Odd(float(own.size), 1.0)
    peers = _answers_of_peers(own, items, rng, draws)
    observed, simulated = (longest_string(reverse(group, items.categories, keys)) for group in (own, peers))
    return Odd(float(observed[0]), _share(simulated >= observed[0]))


def _answers_of_peers(
    own: NDArray[np.int8], items: ItemParameters, rng: np.random.Generator, draws: int
) -> NDArray[np.int8]:
    """Answers of people at thetas drawn from the posterior of these answers, shape (draws, J)."""
    ability = estimate_ability(own, items)
    thetas = ability.theta[0] + ability.standard_error[0] * rng.standard_normal(draws)
    return np.asarray(simulate_responses(items, thetas, rng))


def _lz(codes: NDArray[np.int8], items: ItemParameters) -> Floats:
    return standardised_log_likelihood(codes, items, estimate_ability(codes, items).theta)


def _share(as_odd: NDArray[np.bool_]) -> float:
    """The sitting itself counts as one more."""
    return float((1 + as_odd.sum()) / (as_odd.size + 1))
