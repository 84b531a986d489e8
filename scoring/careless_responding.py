"""Answers given without reading: several indices, and one rule with a false-positive rate that was counted.

No index sees every kind. The rule holds three that fail differently, each with a third of the false positives allowed:

- *content*: would the answers be any less likely if they were shuffled over the items? Mahalanobis' distance is
  compared with its mean over all shuffles of the same answers, so one's way of using the scale cancels. No kind of
  carelessness is assumed: random, straight-line and patterned answers alike owe nothing to the items.
- *longest string* of equal answers.
- *resemblance* to random and half-random answers, a logistic combination of all indices: the only part that is fitted
  to a kind of carelessness, and the only one strong enough for answers that are half honest.

Response times, where there are any, make a fourth. A flag keeps a sitting out of a norm sample and calls a person; it
voids nothing by itself, and neither does any one index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.ability import estimate_ability
from scoring.errors import InvalidResponses, ScoringError
from scoring.items import ItemParameters
from scoring.person_fit import person_fit
from scoring.response_times import ResponseTimeModel, fit_response_times, speed
from scoring.responses import MISSING, ResponseMatrix, reverse

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

FEWEST_RESPONSES = 10  # fewer give no verdict
FEWEST_REFERENCES = 200  # persons; fewer cannot say where the last percent lies
FEWEST_PER_ITEM = 5  # persons; the covariance of the items is that of chance where there are fewer
FOLDS = 5  # nobody of the reference group is looked at by what was learned from them
FEWEST_SCALES_FOR_CONSISTENCY = 3  # a correlation over fewer pairs of halves says nothing
RIDGE = 1e-3  # squared categories, added to the covariance's diagonal
PENALTY = 1e-3  # on logistic weights of standardised indices
FARTHEST = 8.0  # standard deviations; indices beyond are as good as there
PLANTED_SHARE = 0.5  # of a half-random responder's answers


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Items that measure one thing.

    Attributes
    ----------
    columns : places of its items among the responses.
    items : their parameters, for responses keyed so that more is more.
    """

    columns: tuple[int, ...]
    items: ItemParameters


@dataclass(frozen=True, slots=True, eq=False)
class CarelessIndices:
    """Indices of N persons; every value is finite.

    Attributes
    ----------
    mahalanobis : squared distance from the reference group's centre (per response, times J), high for odd patterns.
    content : 1 - distance / its mean over all shuffles of the person's own answers: near 0 or below, the answers owe
        nothing to the items; honest ones lie around .4 to .7.
    longest_string : the longest run of equal answers, in items.
    irv : intra-individual response variability, the standard deviation of the person's raw answers (Dunn et al. 2018).
    even_odd : correlation, over scales, of the halves of even and odd items, Spearman–Brown's correction left out.
    lz : standardised log-likelihood, summed over scales (Drasgow, Levine & Williams 1985).
    speed : standard deviations faster than the reference group (negative: slower); None without times.
    share : of the reference group at least as careless by the whole rule, 0 to 1: small is careless. 1 for fewer than
        ten responses.
    answered : number of responses.
    """

    mahalanobis: Floats
    content: Floats
    longest_string: NDArray[np.int64]
    irv: Floats
    even_odd: Floats
    lz: Floats
    speed: Floats | None
    share: Floats
    answered: NDArray[np.int64]

    def flagged(self, false_positive_rate: float = 0.01) -> NDArray[np.bool_]:
        """Whom the rule calls careless, shape (N,), when that share of the reference group may be called so."""
        if not 0 < false_positive_rate < 1:
            raise ScoringError("A false-positive rate lies between 0 and 1.")
        return np.asarray(self.share <= false_positive_rate)


@dataclass(frozen=True, slots=True, eq=False)
class CarelessRule:
    """What a reference group looks like, and where its most careless-looking people begin.

    Made by `fit_careless_rule`. The reference group is real and holds careless people of its own; they use up part of
    the false positives, so among the honest the rate is lower than stated.
    """

    scales: tuple[Scale, ...]
    keyed: NDArray[np.int64]
    categories: NDArray[np.int64]
    centre: Floats
    covariance: Floats
    times: ResponseTimeModel | None
    index_means: Floats
    index_sds: Floats
    neutral_even_odd: float
    weights: Floats
    parts: tuple[Floats, ...]  # sorted, of the reference group, each fifth by what the others tell; high is careless
    combined: Floats  # sorted, of the reference group likewise; low is careless

    @property
    def references(self) -> int:
        """Number of persons in the reference group."""
        return int(self.combined.size)


def fit_careless_rule(
    responses: ResponseMatrix | ArrayLike,
    scales: Sequence[Scale],
    keyed: ArrayLike,
    rng: np.random.Generator,
    seconds: ArrayLike | None = None,
) -> CarelessRule:
    """Learn from a reference group what careful answers look like.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        Raw, not reversed, columns in the order of presentation. Missing responses are left out.
    scales : sequence of Scale
        Together they hold every column once.
    keyed : array-like, shape (J,)
        +1, or -1 where a high answer means less of the scale.
    rng : numpy.random.Generator
        Plants the random answers.
    seconds : array-like, shape (N, J), optional
        Response times; NaN where missing.

    Returns
    -------
    CarelessRule

    Raises
    ------
    InvalidResponses
        Fewer than 200 persons with ten responses, or than five for each item; responses that do not fit the items; or
        two items that nobody answered together, in the whole group or in four fifths of it.
    ScoringError
        Scales that do not hold every column once, or keys that are not +1 or -1.

    References
    ----------
    Meade & Craig (2012); Curran (2016); Mahalanobis (1936); Drasgow, Levine & Williams (1985); Dunn, Heggestad,
    Shanock & Theilgard (2018); van der Linden (2006) for times. The shuffled distance: this library.
    """
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    keys, categories = _form(codes.shape[1], scales, keyed)
    usable = (codes != MISSING).sum(axis=1) >= FEWEST_RESPONSES
    fewest = max(FEWEST_REFERENCES, FEWEST_PER_ITEM * codes.shape[1])
    if usable.sum() < fewest:
        raise InvalidResponses(
            f"{int(usable.sum())} persons have {FEWEST_RESPONSES} responses or more; a reference group for "
            f"{codes.shape[1]} items needs {fewest} to say where its last percent lies."
        )
    codes, paces = codes[usable], None if seconds is None else np.asarray(seconds, dtype=float)[usable]
    form = _Form(tuple(scales), keys, categories, np.zeros(0), np.zeros((0, 0)))
    rule = _learned(codes, paces, form, rng)
    parts = _cross_fitted(codes, paces, form, rng)
    ordered = tuple(np.sort(part) for part in parts)
    return replace(rule, parts=ordered, combined=np.sort(_smallest_tail(parts, ordered, counted=0)))


def _cross_fitted(codes: Codes, seconds: Floats | None, form: _Form, rng: np.random.Generator) -> tuple[Floats, ...]:
    """The parts of everybody, each fifth looked at by what the other four tell, (N,) each.

    By a rule that they helped to make, covariance and weights, people look more careful than newcomers do.
    """
    fold = np.arange(codes.shape[0]) % FOLDS
    found = []
    for one in range(FOLDS):
        rest, held = fold != one, fold == one
        rule = _learned(codes[rest], None if seconds is None else seconds[rest], form, rng)
        found.append(_parts_by(rule, codes[held], None if seconds is None else seconds[held]))
    back = np.argsort(np.argsort(fold, kind="stable"), kind="stable")
    return tuple(np.concatenate(part)[back] for part in zip(*found, strict=True))


def _learned(codes: Codes, seconds: Floats | None, form: _Form, rng: np.random.Generator) -> CarelessRule:
    """All of a rule but where the reference group lies."""
    centre, covariance = _moments(codes)
    times = None if seconds is None else fit_response_times(seconds)
    form = replace(form, centre=centre, covariance=covariance)
    raw = _raw_indices(codes, form)
    neutral = float(raw.even_odd[raw.is_consistent].mean()) if raw.is_consistent.any() else 0.0
    features = raw.features(neutral)
    means, sds = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    planted = [
        _raw_indices(_random_answers(codes, form.categories, share, rng), form) for share in (1.0, PLANTED_SHARE)
    ]
    careless = np.concatenate([indices.features(neutral) for indices in planted])
    weights = _logistic(_expanded(features, means, sds), _expanded(careless, means, sds))
    return CarelessRule(
        scales=form.scales,
        keyed=form.keyed,
        categories=form.categories,
        centre=centre,
        covariance=covariance,
        times=times,
        index_means=means,
        index_sds=sds,
        neutral_even_odd=neutral,
        weights=weights,
        parts=(),
        combined=np.zeros(0),
    )


def careless_indices(
    responses: ResponseMatrix | ArrayLike, rule: CarelessRule, seconds: ArrayLike | None = None
) -> CarelessIndices:
    """Look at people's answers with a rule.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        Raw, not reversed, the same columns as the reference group's.
    rule : CarelessRule
    seconds : array-like, shape (N, J), optional
        Needed exactly when the rule has times.

    Returns
    -------
    CarelessIndices

    Raises
    ------
    InvalidResponses
        Another number of items, impossible codes, or times missing or too many.

    Notes
    -----
    `share` counts the person too, (1 + number as careless) / (n + 1). Among people exchangeable with the reference
    group about the stated rate is flagged, whatever the indices' distributions: each fifth of the group was looked at
    by what the other four told, as newcomers are. Of 5,000 newcomers to fifty items, reference groups of 500, 1,500 and
    5,000 real people flagged .008, .010 and .010 at .01, and .041, .042 and .049 at .05 (benchmarks/careless.py).
    """
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    if codes.shape[1] != rule.keyed.size:
        raise InvalidResponses(f"The rule knows {rule.keyed.size} items; the responses have {codes.shape[1]}.")
    if (seconds is None) != (rule.times is None):
        raise InvalidResponses("Response times are needed exactly when the reference group had them.")
    raw = _looked_at(rule, codes)
    pace = _pace(rule, seconds)
    smallest = _smallest_tail(_parts(raw, _resemblance(rule, raw), pace), rule.parts, counted=1)
    share = (1 + np.searchsorted(rule.combined, smallest, side="right")) / (rule.references + 1)
    return CarelessIndices(
        mahalanobis=raw.distance,
        content=raw.content,
        longest_string=raw.longest_string,
        irv=raw.irv,
        even_odd=np.where(raw.is_consistent, raw.even_odd, rule.neutral_even_odd),
        lz=raw.lz,
        speed=pace,
        share=np.where(raw.answered >= FEWEST_RESPONSES, np.minimum(share, 1.0), 1.0),
        answered=raw.answered,
    )


def _looked_at(rule: CarelessRule, codes: Codes) -> _RawIndices:
    return _raw_indices(codes, _Form(rule.scales, rule.keyed, rule.categories, rule.centre, rule.covariance))


def _pace(rule: CarelessRule, seconds: ArrayLike | None) -> Floats | None:
    return None if seconds is None or rule.times is None else speed(seconds, rule.times).z


def _resemblance(rule: CarelessRule, raw: _RawIndices) -> Floats:
    features = raw.features(rule.neutral_even_odd)
    return np.asarray(_expanded(features, rule.index_means, rule.index_sds) @ rule.weights)


def _parts_by(rule: CarelessRule, codes: Codes, seconds: Floats | None) -> tuple[Floats, ...]:
    raw = _looked_at(rule, codes)
    return _parts(raw, _resemblance(rule, raw), _pace(rule, seconds))


def longest_string(responses: ResponseMatrix | ArrayLike) -> NDArray[np.int64]:
    """Longest run of equal raw answers of each person, in items, shape (N,); missing responses are skipped over."""
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    longest, run = np.zeros(codes.shape[0], dtype=np.int64), np.zeros(codes.shape[0], dtype=np.int64)
    last = np.full(codes.shape[0], MISSING, dtype=np.int8)
    for column in codes.T:
        given = column != MISSING
        run = np.where(given, np.where(column == last, run + 1, 1), run)
        last = np.where(given, column, last)
        longest = np.maximum(longest, run)
    return longest


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    scales: tuple[Scale, ...]
    keyed: NDArray[np.int64]
    categories: NDArray[np.int64]
    centre: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _RawIndices:
    distance: Floats
    shuffled: Floats  # mean distance over all shuffles of the person's own answers
    longest_string: NDArray[np.int64]
    irv: Floats
    even_odd: Floats
    is_consistent: NDArray[np.bool_]  # whether there are scales enough to correlate
    lz: Floats
    answered: NDArray[np.int64]

    @property
    def content(self) -> Floats:
        return 1 - self.distance / np.maximum(self.shuffled, 1e-9)

    def features(self, neutral_even_odd: float) -> Floats:
        return np.stack(
            [
                self.content,
                np.log(self.distance + 1),
                np.log(self.shuffled + 1),
                np.where(self.is_consistent, self.even_odd, neutral_even_odd),
                np.log(np.maximum(self.longest_string, 1)),
                self.irv,
                self.lz,
            ],
            axis=1,
        )


def _form(columns: int, scales: Sequence[Scale], keyed: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    keys = np.asarray(keyed).reshape(-1)
    held = sorted(column for scale in scales for column in scale.columns)
    if held != list(range(columns)) or any(len(scale.columns) != len(scale.items) for scale in scales):
        raise ScoringError(f"The scales must hold each of the {columns} columns once, with parameters of each.")
    if keys.size != columns or not np.isin(keys, (-1, 1)).all():
        raise ScoringError(f"Keys are +1 or -1, one for each of the {columns} columns.")
    categories = np.empty(columns, dtype=np.int64)
    for scale in scales:
        categories[list(scale.columns)] = scale.items.categories
    return keys.astype(np.int64), categories


def _moments(codes: Codes) -> tuple[Floats, Floats]:
    """Means and pairwise covariances, brought back to positive definite where missing responses bent them."""
    given = (codes != MISSING).astype(float)
    together = given.T @ given
    if together.min() < 2:
        first, second = (int(k) for k in np.argwhere(together < 2)[0])
        raise InvalidResponses(f"Items {first} and {second} have fewer than two persons in common.")
    centre = np.where(codes == MISSING, 0.0, codes).sum(axis=0) / given.sum(axis=0)
    away = np.where(codes == MISSING, 0.0, codes - centre)
    values, vectors = np.linalg.eigh(away.T @ away / together)
    return centre, np.asarray((vectors * (np.maximum(values, 0.0) + RIDGE)) @ vectors.T)


def _raw_indices(codes: Codes, form: _Form) -> _RawIndices:
    answered = (codes != MISSING).sum(axis=1)
    distance, shuffled = _distances(codes, form)
    scaled = codes.shape[1] / np.maximum(answered, 1)
    values = np.where(codes == MISSING, 0.0, codes)
    mean = values.sum(axis=1) / np.maximum(answered, 1)
    spread = np.where(codes == MISSING, 0.0, codes - mean[:, None])
    keyed = reverse(codes, form.categories, form.keyed)
    even_odd, is_consistent = _even_odd(keyed, form)
    return _RawIndices(
        distance=distance * scaled,
        shuffled=shuffled * scaled,
        longest_string=longest_string(codes),
        irv=np.sqrt((spread**2).sum(axis=1) / np.maximum(answered - 1, 1)),
        even_odd=even_odd,
        is_consistent=is_consistent,
        lz=sum((_scale_fit(keyed, scale) for scale in form.scales), np.zeros(codes.shape[0])),
        answered=answered,
    )


def _scale_fit(keyed: Codes, scale: Scale) -> Floats:
    """Fit of one scale at the EAP, which costs a thirtieth of the MAP and serves as well, shape (N,)."""
    part = keyed[:, list(scale.columns)]
    return person_fit(part, scale.items, estimate_ability(part, scale.items).theta).lz


def _distances(codes: Codes, form: _Form) -> tuple[Floats, Floats]:
    """Squared distance of each person from the centre, and its mean over all orders of the person's answers.

    A shuffled vector has every mean m, every variance v = Σ(x - m)² / n and every covariance -v / (n - 1), so the mean
    of the quadratic form with precision P is (m - c)'P(m - c) + v n / (n - 1) (tr P - ΣΣP / n).
    """
    distance, shuffled = np.zeros(codes.shape[0]), np.zeros(codes.shape[0])
    patterns, which = np.unique(codes != MISSING, axis=0, return_inverse=True)
    which = which.reshape(-1)
    for k, pattern in enumerate(patterns):
        size = int(pattern.sum())
        if size < 2:
            continue
        precision = np.asarray(np.linalg.inv(form.covariance[np.ix_(pattern, pattern)]), dtype=np.float64)
        values = codes[which == k][:, pattern].astype(float)
        mean = values.mean(axis=1, keepdims=True)
        variance = values.var(axis=1) * size / (size - 1)
        distance[which == k] = _squared(values - form.centre[pattern], precision)
        shuffled[which == k] = _squared(mean - form.centre[pattern], precision) + variance * (
            np.trace(precision) - precision.sum() / size
        )
    return distance, shuffled


def _squared(away: Floats, precision: Floats) -> Floats:
    return np.asarray(((away @ precision) * away).sum(axis=1))


def _even_odd(keyed: Codes, form: _Form) -> tuple[Floats, NDArray[np.bool_]]:
    """Correlate, over scales, the means of even and of odd items, shape (N,); and where there are scales enough."""
    halves = np.full((2, keyed.shape[0], len(form.scales)), np.nan)
    for s, scale in enumerate(form.scales):
        for half in (0, 1):
            part = keyed[:, list(scale.columns[half::2])]
            given = (part != MISSING).sum(axis=1)
            total = np.where(part == MISSING, 0, part).sum(axis=1)
            halves[half, given > 0, s] = total[given > 0] / given[given > 0]
    both = np.isfinite(halves).all(axis=0)
    count = both.sum(axis=1)
    away = np.where(both, halves, 0.0)
    away = np.where(both, away - (away.sum(axis=2) / np.maximum(count, 1))[:, :, None], 0.0)
    product = (away[0] * away[1]).sum(axis=1)
    length = np.sqrt((away[0] ** 2).sum(axis=1) * (away[1] ** 2).sum(axis=1))
    # answers alike on every scale correlate with nothing: 0
    return np.where(length > 1e-9, product / np.maximum(length, 1e-9), 0.0), count >= FEWEST_SCALES_FOR_CONSISTENCY


def _random_answers(codes: Codes, categories: NDArray[np.int64], share: float, rng: np.random.Generator) -> Codes:
    """Replace a share of each person's answers, in random places, by uniform ones."""
    columns = codes.shape[1]
    replaced = rng.permuted(np.tile(np.arange(columns) < share * columns, (codes.shape[0], 1)), axis=1)
    drawn = np.floor(rng.random(codes.shape) * categories).astype(np.int8)
    return np.where((codes != MISSING) & replaced, drawn, codes)


def _expanded(features: Floats, means: Floats, sds: Floats) -> Floats:
    """A one, the standardised indices, their squares and products."""
    z = np.clip((features - means) / sds, -FARTHEST, FARTHEST)
    products = [z[:, i] * z[:, j] for i in range(z.shape[1]) for j in range(i + 1)]
    return np.column_stack([np.ones(z.shape[0]), z, *products])


def _logistic(careful: Floats, careless: Floats) -> Floats:
    """Weights of a logistic regression with both sides counted equally, shape (F,)."""
    from scipy.optimize import minimize  # noqa: PLC0415  whoever only looks at sittings by a rule never asks for it

    design = np.concatenate([careful, careless])
    is_careless = np.repeat([0.0, 1.0], [len(careful), len(careless)])
    mass = np.repeat([0.5 / len(careful), 0.5 / len(careless)], [len(careful), len(careless)])

    def loss(weights: Floats) -> tuple[float, Floats]:
        logit = design @ weights
        slope = mass * (1 / (1 + np.exp(-logit)) - is_careless)
        penalised = PENALTY * np.append(0.0, weights[1:])
        value = mass @ (np.logaddexp(0, logit) - is_careless * logit) + penalised @ weights / 2
        return float(value), design.T @ slope + penalised

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x)


def _parts(raw: _RawIndices, resemblance: Floats, pace: Floats | None) -> tuple[Floats, ...]:
    parts = (-raw.content, raw.longest_string.astype(float), resemblance)
    return parts if pace is None else (*parts, pace)


def _smallest_tail(parts: Sequence[Floats], ordered: Sequence[Floats], *, counted: int) -> Floats:
    """The smallest share, over the parts, that lies as far out, shape (N,); a newcomer counts as one more."""
    tails = [
        (counted + reference.size - np.searchsorted(reference, part, side="left")) / (reference.size + 1)
        for part, reference in zip(parts, ordered, strict=True)
    ]
    return np.asarray(np.min(tails, axis=0))
