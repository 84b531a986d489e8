"""The models a calibration can fit, in slope-intercept form, for all items at once.

Intercepts behave better than thresholds while a fit is under way: they stay finite when a slope passes through zero.
Arrays hold J items, K categories (the most any item has), Q nodes; categories an item lacks have probability 0 and
take no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SMALLEST = 1e-30  # probabilities below this are treated as this; no person's posterior can tell
WEAKEST_SLOPE = 1e-4  # a slope nearer to zero cannot be written with thresholds; its items carry no information
FAR = 30.0  # logits; exp(-30) is a category nobody uses
CLOSE = 1e-6  # logits; the width given to a category nobody used between two that were used


class CategoryModel(Protocol):
    """What the fit needs to know of a model."""

    @property
    def live(self) -> Bools:
        """Which of the K - 1 intercepts each item has, shape (J, K - 1)."""

    def start(self, shares: Floats, slopes: Floats) -> Floats:
        """Intercepts (J, K - 1) that reproduce the category shares (J, K) given slopes (J,)."""

    def is_valid(self, intercepts: Floats) -> Bools:
        """Which items' intercepts are possible, shape (J,)."""

    def probabilities(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """P(X = k | theta), shape (J, K, Q)."""

    def slope_of_log(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Derivatives of log P(X = k | theta) by (slope, intercepts), shape (J, K, K, Q): item, category, by, node."""

    def gradient(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> tuple[Floats, Floats]:
        """Gradient (J, K) and expected information (J, K, K) about (slope, intercepts) of expected counts (J, K, Q)."""

    def observed(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Minus the second derivatives of the expected counts' log-likelihood, (J, K, K)."""


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    """P(X >= k) = logistic(a theta + d_k), d falling (Samejima 1969). With two categories, the 2PL."""

    categories: NDArray[np.int64]

    @property
    def live(self) -> Bools:
        """Which intercepts exist."""
        return _live(self.categories)

    def start(self, shares: Floats, slopes: Floats) -> Floats:
        """Begin from the marginal category shares."""
        above = np.clip(1 - np.cumsum(shares, axis=1)[:, :-1], 1e-6, 1 - 1e-6)
        wider = np.sqrt(1 + (slopes[:, None] / 1.702) ** 2)  # a normal trait flattens the margin by this factor
        return np.asarray(np.where(self.live, np.log(above / (1 - above)) * wider, 0.0))

    def is_valid(self, intercepts: Floats) -> Bools:
        """Tell which items keep their order."""
        falling = np.diff(intercepts, axis=1) < 0
        return np.asarray((falling | ~self.live[:, 1:]).all(axis=1))

    def probabilities(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Compute P(X = k | theta)."""
        return self._parts(slopes, intercepts, nodes)[0]

    def _parts(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> tuple[Floats, Floats]:
        """Probabilities (J, K, Q), floored where a category exists, and densities w = P*(1 - P*), (J, K - 1, Q)."""
        live = self.live
        eta = slopes[:, None, None] * nodes + intercepts[:, :, None]
        small = np.exp(-np.abs(eta))
        larger = 1 / (1 + small)
        smaller = small * larger
        rising = eta >= 0
        above = np.where(live[:, :, None], np.where(rising, larger, smaller), 0.0)
        below = np.where(live[:, :, None], np.where(rising, smaller, larger), 1.0)
        ones = np.ones((slopes.size, 1, nodes.size))
        gaps = np.where(live[:, 1:], -np.expm1(np.minimum(np.diff(intercepts, axis=1), 0.0)), 1.0)
        gaps = np.concatenate([np.ones((slopes.size, 1)), gaps, np.ones((slopes.size, 1))], axis=1)
        # logistic(x) - logistic(y) = logistic(x) logistic(-y) (1 - exp(y - x)): no difference of near-equal numbers
        inside = np.concatenate([ones, above], axis=1) * np.concatenate([below, ones], axis=1)
        exists = np.concatenate([np.ones((slopes.size, 1), dtype=bool), live], axis=1)
        probabilities = np.where(exists[:, :, None], np.maximum(inside * gaps[:, :, None], SMALLEST), 0.0)
        return probabilities, above * below

    def slope_of_log(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Differentiate log P(X = k | theta)."""
        probabilities, density = self._parts(slopes, intercepts, nodes)
        items, categories, points = probabilities.shape
        inverse = np.divide(1.0, probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
        table = np.zeros((items, categories, categories, points))
        for k in range(1, categories):
            table[:, k, k] = density[:, k - 1] * inverse[:, k]
            table[:, k - 1, k] = -density[:, k - 1] * inverse[:, k - 1]
        table[:, :, 0] = nodes * table[:, :, 1:].sum(axis=2)
        return table

    def gradient(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> tuple[Floats, Floats]:
        """Sum first derivatives and expected information."""
        probabilities, density = self._parts(slopes, intercepts, nodes)
        inverse = np.divide(1.0, probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
        ratio = counts * inverse
        by_eta = density * (ratio[:, 1:] - ratio[:, :-1])
        total = counts.sum(axis=1, keepdims=True)
        own = total * density**2 * (inverse[:, 1:] + inverse[:, :-1])
        next_ = -total * density[:, :-1] * density[:, 1:] * inverse[:, 1:-1]
        return _with_slope(by_eta, own, next_, nodes)

    def observed(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Sum minus the second derivatives."""
        probabilities, density = self._parts(slopes, intercepts, nodes)
        inverse = np.divide(1.0, probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
        ratio = counts * inverse
        eta = slopes[:, None, None] * nodes + intercepts[:, :, None]
        bend = -density * np.tanh(eta / 2)  # derivative of the density: w (1 - 2 P*)
        squares = ratio * inverse
        own = density**2 * (squares[:, 1:] + squares[:, :-1]) - bend * (ratio[:, 1:] - ratio[:, :-1])
        next_ = -squares[:, 1:-1] * density[:, :-1] * density[:, 1:]
        return _with_slope(np.zeros_like(own), own, next_, nodes)[1]


@dataclass(frozen=True, slots=True, eq=False)
class PartialCredit:
    """P(X = k) ∝ exp(s_k a theta + d_k), d_0 = 0 (Muraki 1992); s are the codes, 0, 1, 2, ….

    In this form d_k is minus the slope times the sum of the step parameters up to k.
    """

    categories: NDArray[np.int64]
    scores: Floats  # (J, K)

    @property
    def live(self) -> Bools:
        """Which intercepts exist."""
        return _live(self.categories)

    def start(self, shares: Floats, slopes: Floats) -> Floats:
        """Begin from the marginal category shares."""
        logs = np.log(np.maximum(shares, 1e-6))
        flatter = np.sqrt(1 + (slopes[:, None] / 1.702) ** 2)
        return np.asarray(np.where(self.live, (logs[:, 1:] - logs[:, :1]) * flatter, 0.0))

    def is_valid(self, intercepts: Floats) -> Bools:
        """Refuse nothing: step parameters may come in any order."""
        return np.ones(intercepts.shape[0], dtype=bool)

    def probabilities(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Compute P(X = k | theta)."""
        items = slopes.size
        exists = np.concatenate([np.ones((items, 1), dtype=bool), self.live], axis=1)
        zero = np.zeros((items, 1))
        exponents = (self.scores * slopes[:, None])[:, :, None] * nodes
        exponents = exponents + np.concatenate([zero, intercepts], axis=1)[:, :, None]
        exponents = np.where(exists[:, :, None], exponents, -np.inf)
        weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        return np.asarray(
            np.where(exists[:, :, None], np.maximum(weights / weights.sum(axis=1, keepdims=True), SMALLEST), 0.0)
        )

    def slope_of_log(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Differentiate log P(X = k | theta)."""
        probabilities = self.probabilities(slopes, intercepts, nodes)
        items, categories, points = probabilities.shape
        table = np.zeros((items, categories, categories, points))
        mean = np.einsum("jk,jkq->jq", self.scores, probabilities)
        table[:, :, 0] = nodes * (self.scores[:, :, None] - mean[:, None, :])
        for k in range(1, categories):
            table[:, :, k] = -probabilities[:, k][:, None, :]
            table[:, k, k] += np.where(self.live[:, k - 1], 1.0, 0.0)[:, None]
        return table

    def gradient(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> tuple[Floats, Floats]:
        """Sum first derivatives and expected information."""
        probabilities = self.probabilities(slopes, intercepts, nodes)
        total = counts.sum(axis=1, keepdims=True)
        surplus = counts - total * probabilities
        by_slope = np.einsum("jk,jkq,q->j", self.scores, surplus, nodes)
        first = np.concatenate([by_slope[:, None], surplus[:, 1:].sum(axis=2)], axis=1)
        expected = total * probabilities
        mean = np.einsum("jk,jkq->jq", self.scores, probabilities)
        off = self.scores[:, :, None] - mean[:, None, :]
        second = -np.einsum("jkq,jlq->jkl", expected[:, 1:], probabilities[:, 1:])
        reach = np.arange(second.shape[1])
        second[:, reach, reach] += expected[:, 1:].sum(axis=2)
        information = np.zeros((first.shape[0], first.shape[1], first.shape[1]))
        information[:, 1:, 1:] = second
        information[:, 0, 0] = np.einsum("jkq,jkq,q->j", expected, off**2, nodes**2)
        cross = np.einsum("jkq,jkq,q->jk", expected[:, 1:], off[:, 1:], nodes)
        information[:, 0, 1:] = information[:, 1:, 0] = cross
        return first, information

    def observed(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Sum minus the second derivatives."""
        return self.gradient(counts, slopes, intercepts, nodes)[1]  # the same for every category: an exponential family


@dataclass(frozen=True, slots=True, eq=False)
class Nominal:
    """P(X = k) ∝ exp(a_k theta + c_k), a_0 = c_0 = 0 (Bock 1972).

    The first category slope a_1 is the item's "slope"; its other parameters, a_2 … a_{K-1} and c_1 … c_{K-1}, are its
    "intercepts".
    """

    categories: NDArray[np.int64]

    @property
    def live(self) -> Bools:
        """Which parameters beside a_1 exist."""
        own = _live(self.categories)
        return np.concatenate([own[:, 1:], own], axis=1)

    def start(self, shares: Floats, slopes: Floats) -> Floats:
        """Begin from the marginal category shares, as if categories were ordered."""
        logs = np.log(np.maximum(shares, 1e-6))
        steps = slopes[:, None] * np.arange(2, shares.shape[1])
        flatter = np.sqrt(1 + (slopes[:, None] / 1.702) ** 2)
        return np.where(self.live, np.concatenate([steps, (logs[:, 1:] - logs[:, :1]) * flatter], axis=1), 0.0)

    def is_valid(self, intercepts: Floats) -> Bools:
        """Refuse nothing: categories have no order."""
        return np.ones(intercepts.shape[0], dtype=bool)

    def parts(self, slopes: Floats, intercepts: Floats) -> tuple[Floats, Floats]:
        """Category slopes and intercepts, (J, K) each."""
        zero = np.zeros((slopes.size, 1))
        others = (intercepts.shape[1] - 1) // 2
        return (
            np.concatenate([zero, slopes[:, None], intercepts[:, :others]], axis=1),
            np.concatenate([zero, intercepts[:, others:]], axis=1),
        )

    def probabilities(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Compute P(X = k | theta)."""
        a, c = self.parts(slopes, intercepts)
        exists = np.concatenate([np.ones((slopes.size, 1), dtype=bool), _live(self.categories)], axis=1)[:, :, None]
        exponents = np.where(exists, a[:, :, None] * nodes + c[:, :, None], -np.inf)
        weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        return np.asarray(np.where(exists, np.maximum(weights / weights.sum(axis=1, keepdims=True), SMALLEST), 0.0))

    def slope_of_log(self, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Differentiate log P(X = k | theta)."""
        probabilities = self.probabilities(slopes, intercepts, nodes)
        items, categories, points = probabilities.shape
        by_exponent = -np.repeat(probabilities[:, None, 1:], categories, axis=1)
        for k in range(1, categories):
            by_exponent[:, k, k - 1] += np.where(k < self.categories, 1.0, 0.0)[:, None]
        return np.concatenate([by_exponent * nodes, by_exponent], axis=2).reshape(items, categories, -1, points)

    def gradient(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> tuple[Floats, Floats]:
        """Sum first derivatives and expected information."""
        probabilities = self.probabilities(slopes, intercepts, nodes)
        total = counts.sum(axis=1, keepdims=True)
        surplus = (counts - total * probabilities)[:, 1:]
        first = np.concatenate([surplus @ nodes, surplus.sum(axis=2)], axis=1)
        own = probabilities[:, 1:]
        half = own.shape[1]
        reach = np.arange(half)
        information = np.zeros((slopes.size, 2 * half, 2 * half))
        for power, rows, columns in ((2, 0, 0), (1, 0, half), (1, half, 0), (0, half, half)):
            weighted = own * total * nodes**power
            block = -np.einsum("jkq,jlq->jkl", weighted, own)
            block[:, reach, reach] += weighted.sum(axis=2)
            information[:, rows : rows + half, columns : columns + half] = block
        return first, information

    def observed(self, counts: Floats, slopes: Floats, intercepts: Floats, nodes: Floats) -> Floats:
        """Sum minus the second derivatives."""
        return self.gradient(counts, slopes, intercepts, nodes)[1]  # the same for every category: an exponential family


def _live(categories: NDArray[np.int64]) -> Bools:
    return np.asarray(np.arange(1, int(categories.max()))[None, :] < categories[:, None])


def _with_slope(by_eta: Floats, own: Floats, next_: Floats, nodes: Floats) -> tuple[Floats, Floats]:
    """Gradient and information about (a, d) from those about eta_k = a theta + d_k, which is tridiagonal in k."""
    items, boundaries, _ = by_eta.shape
    gradient = np.concatenate([(by_eta @ nodes).sum(axis=1, keepdims=True), by_eta.sum(axis=2)], axis=1)
    information = np.zeros((items, boundaries + 1, boundaries + 1))
    reach = np.arange(1, boundaries + 1)
    information[:, reach, reach] = own.sum(axis=2)
    information[:, reach[:-1], reach[1:]] = information[:, reach[1:], reach[:-1]] = next_.sum(axis=2)
    row = own.copy()
    row[:, :-1] += next_
    row[:, 1:] += next_
    cross = row @ nodes
    information[:, 0, 1:] = information[:, 1:, 0] = cross
    information[:, 0, 0] = row.sum(axis=1) @ nodes**2
    return gradient, information
