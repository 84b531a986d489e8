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

from scoring.errors import InvalidResponses, ScoringError
from scoring.indices_of_carelessness import Form, RawIndices, Scale, keys_and_categories, raw_indices
from scoring.mahalanobis import moments
from scoring.random_resemblance import expanded, logistic_weights, random_answers
from scoring.response_times import ResponseTimeModel, fit_response_times, speed
from scoring.responses import MISSING, ResponseMatrix

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

FEWEST_RESPONSES = 10  # fewer give no verdict
FEWEST_REFERENCES = 200  # persons; fewer cannot say where the last percent lies
FEWEST_PER_ITEM = 5  # persons; the covariance of the items is that of chance where there are fewer
FOLDS = 5  # nobody of the reference group is looked at by what was learned from them
PLANTED_SHARE = 0.5  # of a half-random responder's answers


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
    keys, categories = keys_and_categories(codes.shape[1], scales, keyed)
    usable = (codes != MISSING).sum(axis=1) >= FEWEST_RESPONSES
    fewest = max(FEWEST_REFERENCES, FEWEST_PER_ITEM * codes.shape[1])
    if usable.sum() < fewest:
        raise InvalidResponses(
            f"{int(usable.sum())} persons have {FEWEST_RESPONSES} responses or more; a reference group for "
            f"{codes.shape[1]} items needs {fewest} to say where its last percent lies."
        )
    codes, paces = codes[usable], None if seconds is None else np.asarray(seconds, dtype=float)[usable]
    form = Form(tuple(scales), keys, categories, np.zeros(0), np.zeros((0, 0)))
    rule = _learned(codes, paces, form, rng)
    parts = _cross_fitted(codes, paces, form, rng)
    ordered = tuple(np.sort(part) for part in parts)
    return replace(rule, parts=ordered, combined=np.sort(_smallest_tail(parts, ordered, counted=0)))


def _cross_fitted(codes: Codes, seconds: Floats | None, form: Form, rng: np.random.Generator) -> tuple[Floats, ...]:
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


def _learned(codes: Codes, seconds: Floats | None, form: Form, rng: np.random.Generator) -> CarelessRule:
    """All of a rule but where the reference group lies."""
    centre, covariance = moments(codes)
    times = None if seconds is None else fit_response_times(seconds)
    form = replace(form, centre=centre, covariance=covariance)
    raw = raw_indices(codes, form)
    neutral = float(raw.even_odd[raw.is_consistent].mean()) if raw.is_consistent.any() else 0.0
    features = raw.features(neutral)
    means, sds = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    planted = [raw_indices(random_answers(codes, form.categories, share, rng), form) for share in (1.0, PLANTED_SHARE)]
    careless = np.concatenate([indices.features(neutral) for indices in planted])
    weights = logistic_weights(expanded(features, means, sds), expanded(careless, means, sds))
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


def _looked_at(rule: CarelessRule, codes: Codes) -> RawIndices:
    return raw_indices(codes, Form(rule.scales, rule.keyed, rule.categories, rule.centre, rule.covariance))


def _pace(rule: CarelessRule, seconds: ArrayLike | None) -> Floats | None:
    return None if seconds is None or rule.times is None else speed(seconds, rule.times).z


def _resemblance(rule: CarelessRule, raw: RawIndices) -> Floats:
    features = raw.features(rule.neutral_even_odd)
    return np.asarray(expanded(features, rule.index_means, rule.index_sds) @ rule.weights)


def _parts_by(rule: CarelessRule, codes: Codes, seconds: Floats | None) -> tuple[Floats, ...]:
    raw = _looked_at(rule, codes)
    return _parts(raw, _resemblance(rule, raw), _pace(rule, seconds))


def _parts(raw: RawIndices, resemblance: Floats, pace: Floats | None) -> tuple[Floats, ...]:
    parts = (-raw.content, raw.longest_string.astype(float), resemblance)
    return parts if pace is None else (*parts, pace)


def _smallest_tail(parts: Sequence[Floats], ordered: Sequence[Floats], *, counted: int) -> Floats:
    """The smallest share, over the parts, that lies as far out, shape (N,); a newcomer counts as one more."""
    tails = [
        (counted + reference.size - np.searchsorted(reference, part, side="left")) / (reference.size + 1)
        for part, reference in zip(parts, ordered, strict=True)
    ]
    return np.asarray(np.min(tails, axis=0))
