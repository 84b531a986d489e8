"""Whether two sittings have more answers in common than two people who answer on their own would give.

People who share their answers betray it where they should differ: in what they say, item by item, of items that both
had. The model tells how often two people of given standing come to the same category of an item; how often people of
one category who answer in the same manner also give the very same answer (all ratings of a scenario, one ranking of
many) is counted among everybody else. Both together are the chance of an equal answer, and the number of equal answers
follows from it.

It says that two sittings are alike. Which one copied, and whether anybody did, it does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.responses import MISSING

FEWEST_EQUAL: Final = 3  # answers; two equal ones are a coincidence, however rare they are
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)  # of each posterior: exact for polynomials of degree 9
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What N people answered to J items of one kind of evidence, and where they stand.

    Attributes
    ----------
    categories : ndarray of int, shape (N, J)
        -1 where a person did not have the item.
    answers : ndarray of int, shape (N, J)
        Equal numbers in a column are equal answers; ignored where the category is missing. An item whose category is
        all there is of an answer repeats its categories here.
    manners : ndarray of int, shape (N, J)
        How the answer was given, as far as that is a habit: of ratings, how many points of the scale they use. Who
        knows the two ends of a scale alone answers like others who do, without having met them.
    theta, standard_error : ndarray, shape (N,)
        Mean and standard deviation of each posterior, in logits.
    """

    categories: NDArray[np.int64]
    answers: NDArray[np.int64]
    manners: NDArray[np.int64]
    theta: Floats
    standard_error: Floats

    @classmethod
    def of(
        cls,
        categories: ArrayLike,
        answers: ArrayLike,
        theta: ArrayLike,
        standard_error: ArrayLike,
        *,
        items: int,
        manners: ArrayLike | None = None,
    ) -> Answered:
        """Checked arrays; without `manners` all answers are given in the same one.

        Raises
        ------
        ScoringError
            For shapes that do not belong to each other or to the items, or a posterior that is none.
        """
        given = np.asarray(categories, dtype=np.int64).reshape(-1, items)
        said = np.asarray(answers, dtype=np.int64).reshape(-1, items)
        manner = np.zeros_like(said) if manners is None else np.asarray(manners, dtype=np.int64).reshape(-1, items)
        place = np.asarray(theta, dtype=float).reshape(-1)
        error = np.asarray(standard_error, dtype=float).reshape(-1)
        if not said.shape == manner.shape == given.shape or not place.shape == error.shape == (len(given),):
            raise ScoringError("Everybody needs a category and an answer for each item, a theta and its error.")
        if not np.isfinite(place).all() or not (np.isfinite(error) & (error >= 0)).all():
            raise ScoringError("Every theta must be finite, and every standard error finite and at least 0.")
        return cls(given, said, manner, place, error)


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """One sitting beside N others. All arrays have shape (N,).

    Attributes
    ----------
    common, equal : ndarray of int
        Items that both had, and equal answers to them.
    expected : ndarray
        Equal answers of two people who answer on their own.
    z : ndarray
        Equal answers less those expected, in standard deviations; 0 without common items.
    chance : ndarray
        P(at least so many equal) for the one pair; 1 below `FEWEST_EQUAL`.
    """

    common: NDArray[np.int64]
    equal: NDArray[np.int64]
    expected: Floats
    z: Floats
    chance: Floats

    @property
    def shares(self) -> Floats:
        """Of honest sittings, the share with such an other among as many: Bonferroni's bound over those compared."""
        return np.asarray(np.minimum(1.0, self.chance * max((self.common > 0).sum(), 1)))


def agreement(items: ItemParameters, own: Answered, others: Answered) -> Agreement:
    """How much the answers of `own` (one person) agree with those of each other.

    Given both thetas the number of equal answers is a sum of independent trials, so its tail is exact; it is averaged
    over both posteriors. How often answers of one category and manner are the same is counted among the others, so an
    answer that everybody gives tells nothing, nor does an item that few have answered.

    Parameters
    ----------
    items : ItemParameters of J items.
    own : Answered, one person
    others : Answered, N people
        Not `own`, and as a rule honest: a large group among them that shares its answers hides itself a little.

    Raises
    ------
    ScoringError
        When `own` is not one person, or arrays do not fit the items.

    References
    ----------
    van der Linden & Sotaridona (2006), Journal of Educational and Behavioral Statistics 31, 283-304: the generalised
    binomial test; Maynes (2014) for agreement that is counted by how rare an answer is.
    """
    if own.categories.shape != (1, len(items)) or others.categories.shape[1] != len(items):
        raise ScoringError("One person is compared with others over the same items.")
    shared = (own.categories != MISSING) & (others.categories != MISSING)
    same = (own.categories == others.categories) & (own.answers == others.answers)
    equal = (shared & same).sum(axis=1)
    chances = _chances(items, own, others) * shared[:, None, None, :]
    weights = np.multiply.outer(_WEIGHTS, _WEIGHTS) / _WEIGHTS.sum() ** 2
    expected, z = _standardised(chances, weights, equal)
    several = np.nonzero(equal >= FEWEST_EQUAL)[0]
    chance = np.ones(equal.size)
    chance[several] = _at_least(chances[several], weights, equal[several])
    return Agreement(shared.sum(axis=1), equal, expected, z, chance)


def repeated(others: Answered, categories: int, manners: NDArray[np.int64]) -> Floats:
    """How often two people who come to the same category of an item in the same manner also give the same answer.

    Shape (J, categories), for one manner of each item. Counted over all pairs, with one equal pair more than there
    was: 1 where no two people are to be had.
    """
    table = np.ones((others.categories.shape[1], categories))
    for item, category in np.ndindex(*table.shape):
        alike = (others.categories[:, item] == category) & (others.manners[:, item] == manners[item])
        _, times = np.unique(others.answers[alike, item], return_counts=True)
        people = times.sum()
        table[item, category] = (1 + (times * (times - 1)).sum() / 2) / (1 + people * (people - 1) / 2)
    return table


def _chances(items: ItemParameters, own: Answered, others: Answered) -> Floats:
    """Of an equal answer, shape (N, nodes of own, nodes of the other, J)."""
    one, rest = (
        category_probabilities(items, (who.theta[:, None] + who.standard_error[:, None] * _NODES).reshape(-1))
        for who in (own, others)
    )
    by_person = rest.reshape(others.theta.size, _NODES.size, *rest.shape[1:])
    same = repeated(others, rest.shape[2], own.manners[0])
    return np.asarray(np.einsum("qjk,nrjk,jk->nqrj", one, by_person, same, optimize=True))


def _standardised(chances: Floats, weights: Floats, equal: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """(expected, z): the variance is that of the trials and that of both posteriors."""
    means, spreads = chances.sum(axis=3), (chances * (1 - chances)).sum(axis=3)
    expected = np.einsum("nqr,qr->n", means, weights)
    variance = np.einsum("nqr,qr->n", spreads + (means - expected[:, None, None]) ** 2, weights)
    z = np.where(variance > 0, (equal - expected) / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)
    return expected, z


def _at_least(chances: Floats, weights: Floats, equal: NDArray[np.int64]) -> Floats:
    """P(at least so many equal), exact at every pair of nodes (Poisson's binomial), averaged over them."""
    masses = np.zeros((*chances.shape[:3], chances.shape[3] + 1))
    masses[..., 0] = 1.0
    for item in range(chances.shape[3]):
        hit = chances[..., item, None]
        masses[..., 1:] = masses[..., 1:] * (1 - hit) + masses[..., :-1] * hit
        masses[..., 0] *= 1 - hit[..., 0]
    tails = masses[..., ::-1].cumsum(axis=3)[..., ::-1]
    over = np.einsum("nqrt,qr->nt", tails, weights)
    return np.asarray(np.minimum(over[np.arange(equal.size), equal], 1.0))
