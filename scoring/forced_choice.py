"""Triplets: which of three statements is most like me, which least, by the Thurstonian comparison model.

Each statement has a utility, intercept + loading · trait + noise, and a person ranks by utility. The noise of a
statement enters both of its comparisons, so a triplet's answer is one of six rankings with one probability each, not
three independent choices. Differences alone are seen: with every statement keyed the same way, where a person stands on
all traits together is nearly lost (Bürkner, Schulte & Holling 2019); mix the keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares
from scipy.special import ndtr, ndtri, owens_t

from scoring.errors import InvalidItems, InvalidResponses
from scoring.responses import MISSING, ResponseMatrix

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ORDERS = np.array(list(permutations(range(3))))  # answer k is: statement ORDERS[k, 0] first, ORDERS[k, 2] last
PAIRS = ((0, 1), (0, 2), (1, 2))
SMALLEST_PROBABILITY = 1e-12
MOST_STEPS = 100
TOLERANCE = 1e-8  # of a trait, in its standard deviations
STEEPEST = 10.0  # loading, in units of the first statement's noise
NOISE = (0.05, 20.0)  # variance of a statement's noise, in that of the first statement of its triplet
FEWEST_PERSONS = 200
HALF = 0.5  # added to empty cells of a pair of choices (Brown & Benedetti 1977)
BISECTIONS = 40


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Triplets:
    """B triplets of statements that measure T traits.

    Parameters
    ----------
    traits : array-like of int, shape (B, 3)
        The trait that each statement measures, from 0.
    loadings : array-like, shape (B, 3)
        Negative where a statement means less of its trait.
    intercepts : array-like, shape (B, 3)
        Mean utilities; only differences within a triplet matter.
    noise : array-like, shape (B, 3)
        Variances above 0.
    correlation : array-like, shape (T, T)
        Of the traits in the group, whose means are 0 and variances 1.

    Raises
    ------
    InvalidItems
        For shapes that do not match, values that are not finite, noise not above 0, or a matrix that is no correlation.

    References
    ----------
    Brown & Maydeu-Olivares (2011), Educational and Psychological Measurement 71.
    """

    traits: Integers
    loadings: Floats
    intercepts: Floats
    noise: Floats
    correlation: Floats

    def __init__(
        self,
        traits: ArrayLike,
        loadings: ArrayLike,
        intercepts: ArrayLike,
        noise: ArrayLike,
        correlation: ArrayLike,
    ) -> None:
        measured, phi = _traits(traits), np.array(correlation, dtype=float)
        tables = [np.array(table, dtype=float) for table in (loadings, intercepts, noise)]
        if any(table.shape != measured.shape or not np.isfinite(table).all() for table in tables):
            raise InvalidItems("Loadings, intercepts and noise need one finite number for each statement of a triplet.")
        if (tables[2] <= 0).any():
            raise InvalidItems("The noise of every statement has a variance above 0.")
        if phi.ndim != 2 or phi.shape[0] != phi.shape[1] or phi.shape[0] <= measured.max():
            raise InvalidItems(f"{int(measured.max()) + 1} traits are measured; their correlations are {phi.shape}.")
        whole = np.isfinite(phi).all() and np.allclose(phi, phi.T) and np.allclose(np.diag(phi), 1)
        if not whole or np.linalg.eigvalsh(phi)[0] <= 0:
            raise InvalidItems("Correlations of traits are symmetric, 1 with themselves, and positive definite.")
        for name, value in zip(
            ("traits", "loadings", "intercepts", "noise", "correlation"), (measured, *tables, phi), strict=True
        ):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return int(self.traits.shape[0])

    @property
    def dimensions(self) -> int:
        """T."""
        return int(self.correlation.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class TraitEstimates:
    """MAP of N persons on T traits.

    Attributes
    ----------
    theta, standard_error : ndarray, shape (N, T)
        In standard deviations of the group; a person without answers is at 0 with the group's spread.
    covariance : ndarray, shape (N, T, T)
        Of the posterior, from the expected information.
    converged : ndarray, shape (N,)
    """

    theta: Floats
    standard_error: Floats
    covariance: Floats
    converged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class TripletCalibration:
    """Fitted triplets.

    Attributes
    ----------
    triplets : Triplets
        The first statement of each triplet has noise 1, which sets the triplet's unit.
    residual : root mean square of the correlations left unexplained.
    converged : bool
    notes : tuple of str
    """

    triplets: Triplets
    residual: float
    converged: bool
    notes: tuple[str, ...]


def ranking_codes(most: ArrayLike, least: ArrayLike) -> NDArray[np.int8]:
    """Turn "most like me" and "least like me" into rankings.

    Parameters
    ----------
    most, least : array-like of int, shape (N, B)
        Places 0 … 2 within the triplet; both -1 where there is no answer.

    Returns
    -------
    ndarray, shape (N, B)
        0 … 5, a row of `ORDERS`; -1 where there is no answer.

    Raises
    ------
    InvalidResponses
        For places out of range, or the same statement most and least.
    """
    first, last = np.asarray(most), np.asarray(least)
    if first.shape != last.shape or not (np.isin(first, range(-1, 3)) & np.isin(last, range(-1, 3))).all():
        raise InvalidResponses("Most and least are places 0, 1 or 2 of a triplet, or -1 both.")
    if ((first == last) & (first != MISSING)).any() or ((first == MISSING) != (last == MISSING)).any():
        raise InvalidResponses("A statement cannot be both most and least, and one answer needs the other.")
    table = np.full((4, 4), MISSING, dtype=np.int8)
    for code, order in enumerate(ORDERS):
        table[order[0], order[2]] = code
    return np.asarray(table[first, last], dtype=np.int8)


def ranking_probabilities(triplets: Triplets, theta: ArrayLike) -> Floats:
    """Probability of each of the six rankings, shape (N, B, 6), at thetas of shape (N, T); they sum to 1."""
    return _rankings(triplets, np.asarray(theta, dtype=float))[0]


def simulate_rankings(triplets: Triplets, theta: ArrayLike, rng: np.random.Generator) -> NDArray[np.int8]:
    """Draw utilities and rank them: codes 0 … 5, shape (N, B), of people at thetas of shape (N, T)."""
    points = np.asarray(theta, dtype=float)
    mean = triplets.intercepts + triplets.loadings * points[:, triplets.traits]
    utility = mean + np.sqrt(triplets.noise) * rng.standard_normal(mean.shape)
    return ranking_codes(utility.argmax(axis=2), utility.argmin(axis=2))


def score_triplets(rankings: ResponseMatrix | ArrayLike, triplets: Triplets) -> TraitEstimates:
    """Estimate every trait of every person together.

    Parameters
    ----------
    rankings : ResponseMatrix or array-like, shape (N, B)
        Codes 0 … 5 (see `ranking_codes`); missing is -1 and is left out.
    triplets : Triplets

    Returns
    -------
    TraitEstimates

    Raises
    ------
    InvalidResponses
        For another number of triplets or a code above 5.

    Notes
    -----
    The mode of the posterior under N(0, correlation), by Fisher scoring with the exact probability of each ranking;
    Brown & Maydeu-Olivares multiply the three pairwise ones, which counts a triplet's noise twice.
    """
    codes = _codes(rankings, len(triplets))
    prior = _inverse(triplets.correlation)
    theta = np.zeros((codes.shape[0], triplets.dimensions))
    moving = np.ones(codes.shape[0], dtype=bool)
    height = _log_posterior(codes, triplets, theta, prior)
    for _ in range(MOST_STEPS):
        if not moving.any():
            break
        slope, information = _derivatives(codes[moving], triplets, theta[moving], prior)
        step = np.asarray(np.linalg.solve(information, slope[:, :, None])[:, :, 0], dtype=np.float64)
        reached, risen = _climbed(codes[moving], triplets, theta[moving], step, height[moving])
        far = np.abs(reached - theta[moving]).max(axis=1) > TOLERANCE
        theta[moving], height[moving] = reached, risen
        moving[np.flatnonzero(moving)[~far]] = False
    covariance = _inverse(_derivatives(codes, triplets, theta, prior)[1])
    error = np.sqrt(np.einsum("ntt->nt", covariance))
    return TraitEstimates(theta, error, covariance, ~moving)


def fit_triplets(rankings: ResponseMatrix | ArrayLike, traits: ArrayLike, keyed: ArrayLike) -> TripletCalibration:
    """Estimate loadings, intercepts, noise and trait correlations where it is known what each statement measures.

    Parameters
    ----------
    rankings : ResponseMatrix or array-like, shape (N, B)
        Codes 0 … 5; missing is -1. N >= 200, with answers to every pair of triplets.
    traits : array-like of int, shape (B, 3)
        From 0, without gaps.
    keyed : array-like, shape (B, 3)
        +1 or -1: the sign from which each loading's search starts (the data may turn it).

    Returns
    -------
    TripletCalibration

    Raises
    ------
    InvalidItems
        For traits or keys of another shape.
    InvalidResponses
        For too few persons, a pair of triplets nobody answered together, or one ranking for everybody.

    References
    ----------
    Brown & Maydeu-Olivares (2011): tetrachoric correlations of the pairwise choices, then unweighted least squares;
    identified by unit trait variances and one unit noise in each triplet.
    """
    measured, keys = _traits(traits), np.asarray(keyed, dtype=float)
    if keys.shape != measured.shape or not np.isin(keys, (-1, 1)).all():
        raise InvalidItems("Keys are +1 or -1, one for each statement of each triplet.")
    codes = _codes(rankings, measured.shape[0])
    if codes.shape[0] < FEWEST_PERSONS:
        raise InvalidResponses(f"{codes.shape[0]} persons cannot carry a fit of triplets; it needs {FEWEST_PERSONS}.")
    thresholds, observed = _tetrachorics(codes)
    form = _Form(measured)
    upper = np.triu_indices(observed.shape[0], 1)

    def left(free: Floats) -> Floats:
        covariance = form.covariance(free)
        scale = np.sqrt(np.diag(covariance))
        return np.asarray((covariance / np.outer(scale, scale) - observed)[upper])

    start = np.concatenate([keys.reshape(-1), np.zeros(2 * len(measured)), np.zeros(form.angles)])
    limit = np.concatenate(
        [np.full(keys.size, STEEPEST), np.full(2 * len(measured), np.inf), np.full(form.angles, 5.0)]
    )
    lower, higher = -limit, limit
    noise = slice(keys.size, keys.size + 2 * len(measured))
    lower[noise], higher[noise] = np.log(NOISE[0]), np.log(NOISE[1])
    found = least_squares(left, start, bounds=(lower, higher), x_scale="jac")
    at_bound = int((found.active_mask[: noise.stop] != 0).sum())
    notes = [f"{at_bound} loadings or noises ended at the edge of what is allowed: too little tells them."] * bool(
        at_bound
    )
    if not found.success:
        notes.append("The least-squares search stopped before it settled; collect more answers.")
    loadings, variances, correlation = form.parted(found.x)
    scale = np.sqrt(np.diag(form.covariance(found.x)))
    triplets = Triplets(measured, loadings, _intercepts(thresholds * scale), variances, correlation)
    residual = float(np.sqrt(np.mean(found.fun**2)))
    return TripletCalibration(triplets, residual, bool(found.success) and not at_bound, tuple(notes))


def _traits(traits: ArrayLike) -> Integers:
    measured = np.array(traits)
    whole = measured.ndim == 2 and measured.shape[1:] == (3,) and measured.size > 0
    if not whole or not np.issubdtype(measured.dtype, np.integer) or measured.min() < 0:
        raise InvalidItems("Traits are whole numbers from 0, three for each triplet.")
    return measured.astype(np.int64)


def _inverse(tables: Floats) -> Floats:
    return np.asarray(np.linalg.inv(tables), dtype=np.float64)


def _codes(rankings: ResponseMatrix | ArrayLike, triplets: int) -> NDArray[np.int8]:
    codes = (rankings if isinstance(rankings, ResponseMatrix) else ResponseMatrix(rankings)).codes
    if codes.shape[1] != triplets or codes.max(initial=0) >= len(ORDERS):
        raise InvalidResponses(f"Rankings are codes 0 to 5 of {triplets} triplets; see ranking_codes.")
    return codes


def bivariate_normal(h: Floats, k: Floats, correlation: Floats) -> Floats:
    """P(X <= h, Y <= k) for a standard bivariate normal, broadcast together, by Owen's T (1956)."""
    h, k = np.where(h == 0, 1e-150, h), np.where(k == 0, 1e-150, k)
    root = np.sqrt(1 - correlation**2)
    apart = np.where(np.sign(h) != np.sign(k), 0.5, 0.0)
    with np.errstate(over="ignore"):  # beside 0 the slope of Owen's function is infinite, and meant so
        inner = owens_t(h, (k / h - correlation) / root) + owens_t(k, (h / k - correlation) / root)
    return np.asarray((ndtr(h) + ndtr(k)) / 2 - inner - apart)


def _rankings(triplets: Triplets, theta: Floats) -> tuple[Floats, Floats]:
    """Probabilities (N, B, 6) and their slopes over each statement's mean utility (N, B, 6, 3)."""
    mean = triplets.intercepts + triplets.loadings * theta[:, triplets.traits]
    probability = np.empty((*mean.shape[:2], len(ORDERS)))
    slope = np.zeros((*mean.shape[:2], len(ORDERS), 3))
    for code, (first, second, third) in enumerate(ORDERS):
        upper = np.sqrt(triplets.noise[:, first] + triplets.noise[:, second])
        lower = np.sqrt(triplets.noise[:, second] + triplets.noise[:, third])
        h = (mean[:, :, first] - mean[:, :, second]) / upper
        k = (mean[:, :, second] - mean[:, :, third]) / lower
        rho = np.broadcast_to(-triplets.noise[:, second] / (upper * lower), h.shape)
        root = np.sqrt(1 - rho**2)
        probability[:, :, code] = bivariate_normal(h, k, rho)
        by_h = np.exp(-h * h / 2) / np.sqrt(2 * np.pi) * ndtr((k - rho * h) / root) / upper
        by_k = np.exp(-k * k / 2) / np.sqrt(2 * np.pi) * ndtr((h - rho * k) / root) / lower
        slope[:, :, code, first] = by_h
        slope[:, :, code, second] = by_k - by_h
        slope[:, :, code, third] = -by_k
    probability = np.maximum(probability, SMALLEST_PROBABILITY)
    return probability / probability.sum(axis=2, keepdims=True), slope


def _log_posterior(codes: NDArray[np.int8], triplets: Triplets, theta: Floats, prior: Floats) -> Floats:
    probability = _rankings(triplets, theta)[0]
    chosen = np.take_along_axis(probability, np.maximum(codes, 0)[:, :, None].astype(np.int64), axis=2)[:, :, 0]
    likelihood = np.where(codes == MISSING, 0.0, np.log(chosen)).sum(axis=1)
    return np.asarray(likelihood - np.einsum("nt,tu,nu->n", theta, prior, theta) / 2)


def _derivatives(codes: NDArray[np.int8], triplets: Triplets, theta: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """Slope of the log-posterior (N, T) and its expected information (N, T, T)."""
    probability, by_utility = _rankings(triplets, theta)
    given = (codes != MISSING)[:, :, None]
    rows = np.zeros((len(triplets), 3, triplets.dimensions))  # d utility / d theta
    np.put_along_axis(rows, triplets.traits[:, :, None], triplets.loadings[:, :, None], axis=2)
    by_theta = np.einsum("nbcs,bst->nbct", by_utility, rows)
    rate = np.where(given[..., None], by_theta / probability[:, :, :, None], 0.0)
    chosen = np.take_along_axis(rate, np.maximum(codes, 0)[:, :, None, None].astype(np.int64), axis=2)[:, :, 0, :]
    slope = chosen.sum(axis=1) - theta @ prior
    information = np.einsum("nbc,nbct,nbcu->ntu", probability, rate, rate) + prior
    return slope, information


def _climbed(
    codes: NDArray[np.int8], triplets: Triplets, theta: Floats, step: Floats, height: Floats
) -> tuple[Floats, Floats]:
    """Go along each person's step, halved until the log-posterior does not fall."""
    prior = _inverse(triplets.correlation)
    size = np.ones(theta.shape[0])
    reached, risen = theta.copy(), height.copy()
    falling = np.ones(theta.shape[0], dtype=bool)
    for _ in range(30):
        tried = theta[falling] + size[falling, None] * step[falling]
        found = _log_posterior(codes[falling], triplets, tried, prior)
        good = found >= height[falling] - 1e-12
        where = np.flatnonzero(falling)
        reached[where[good]], risen[where[good]] = tried[good], found[good]
        falling[where[good]] = False
        size /= 2
        if not falling.any():
            break
    return reached, risen


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """From free parameters to the covariances of the latent differences between statements of a triplet."""

    traits: Integers

    @property
    def dimensions(self) -> int:
        return int(self.traits.max()) + 1

    @property
    def angles(self) -> int:
        return self.dimensions * (self.dimensions - 1) // 2

    def parted(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        """Loadings, noise variances, trait correlations."""
        size = self.traits.size
        blocks = self.traits.shape[0]
        noise = np.ones((blocks, 3))
        noise[:, 1:] = np.exp(free[size : size + 2 * blocks]).reshape(blocks, 2)
        root = np.eye(self.dimensions)
        root[np.tril_indices(self.dimensions, -1)] = free[size + 2 * blocks :]
        root /= np.linalg.norm(root, axis=1, keepdims=True)
        correlation = root @ root.T
        np.fill_diagonal(correlation, 1.0)
        return free[:size].reshape(blocks, 3), noise, correlation

    def covariance(self, free: Floats) -> Floats:
        loadings, noise, correlation = self.parted(free)
        blocks = self.traits.shape[0]
        by_trait = np.zeros((blocks, 3, self.dimensions))
        np.put_along_axis(by_trait, self.traits[:, :, None], loadings[:, :, None], axis=2)
        contrast = np.array([[1.0 if s == a else -1.0 if s == b else 0.0 for s in range(3)] for a, b in PAIRS])
        rows = np.einsum("ps,bst->bpt", contrast, by_trait).reshape(3 * blocks, self.dimensions)
        covariance = rows @ correlation @ rows.T
        own = np.einsum("ps,bs,qs->bpq", contrast, noise, contrast)
        for block in range(blocks):
            place = slice(3 * block, 3 * block + 3)
            covariance[place, place] += own[block]
        return np.asarray(covariance)


def _intercepts(differences: Floats) -> Floats:
    """Mean utilities (B, 3) that sum to zero, from the three differences of each triplet by least squares."""
    first, second, third = differences.reshape(-1, 3).T
    return np.stack([first + second, third - first, -second - third], axis=1) / 3


def _tetrachorics(codes: NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Normal quantile of each pairwise choice (3 B,), and the latent correlations between choices (3 B, 3 B)."""
    places = np.argsort(ORDERS, axis=1)  # where each statement stands in each ranking
    prefers = np.array([[places[code, a] < places[code, b] for a, b in PAIRS] for code in range(len(ORDERS))])
    given = np.repeat(codes != MISSING, 3, axis=1)
    chosen = prefers[np.maximum(codes, 0)].reshape(codes.shape[0], -1) & given
    here, yes = given.astype(float), chosen.astype(float)
    both, total = yes.T @ yes, here.T @ here
    if total.min() < 2:
        raise InvalidResponses("Two triplets have fewer than two persons in common; their correlation is unknown.")
    first, second = yes.T @ here, here.T @ yes
    alone = np.diag(first) / np.diag(total)
    if ((alone <= 0) | (alone >= 1)).any():
        raise InvalidResponses("Everybody prefers the same statement of some pair; nothing can be learned from it.")
    cells = np.stack([both, first - both, second - both, total - first - second + both])
    cells = np.where((cells == 0).any(axis=0), cells + HALF, cells)
    cells /= cells.sum(axis=0)
    h, k = ndtri(cells[0] + cells[1]), ndtri(cells[0] + cells[2])
    low, high = np.full(h.shape, -0.999), np.full(h.shape, 0.999)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        short = bivariate_normal(h, k, middle) < cells[0]
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(ndtri(alone)), np.asarray((low + high) / 2)
