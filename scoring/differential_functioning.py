"""Differential item functioning: an item harder for one group than for another of the same standing.

The likelihood ratio compares two calibrations and is the one to trust (`dif_likelihood_ratio`); Mantel and Haenszel's,
and the two logistic ones, match people by their score and need no model (`dif_matched`). All report an effect size: in
large samples everything is significant, and a class A, B or C says whether it matters (`dif_result`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration_data import numbered_groups, person_weights
from scoring.dif_likelihood_ratio import LikelihoodRatio
from scoring.dif_matched import Matched
from scoring.dif_result import Dif
from scoring.errors import InvalidResponses, ScoringError
from scoring.responses import ResponseMatrix

METHODS = ("likelihood_ratio", "mantel_haenszel", "logistic", "ordinal")
MODELS = ("graded", "2pl", "gpcm")
MOST_ROUNDS = 10  # of purification
UNSETTLED = f"Purification did not settle in {MOST_ROUNDS} rounds; the flags are those of the last."


def dif(
    responses: ResponseMatrix | ArrayLike,
    groups: ArrayLike,
    method: str = "likelihood_ratio",
    *,
    model: str = "graded",
    purify: bool = False,
    weights: ArrayLike | None = None,
) -> Dif:
    """Test every item for differential functioning.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
    groups : array-like, shape (N,)
        A label per person; the label that sorts first is the reference group. Two groups; "likelihood_ratio" takes
        more.
    method : {"likelihood_ratio", "mantel_haenszel", "logistic", "ordinal"}
        "logistic" is "ordinal" for items of two categories.
    model : {"graded", "2pl", "gpcm"}
        Of "likelihood_ratio": all parameters equal across groups, against one item's free in each; means and standard
        deviations of all groups but the reference are estimated in both.
    purify : bool
        Test again with flagged items not among the anchors (or not in the matching score), until the flags settle.
    weights : array-like, shape (N,), optional
        Person weights, for "likelihood_ratio" alone; their scale does not matter. The likelihood ratio is divided by
        the design effect of unequal weights, to first order: right on average where weights have nothing to do with
        the responses to an item given theta.

    Returns
    -------
    Dif

    Raises
    ------
    ScoringError
        For an unknown method or model, or weights where there can be none.
    InvalidResponses
        For labels that do not fit, or a group that answered nothing or whose persons all weigh nothing.

    Notes
    -----
    The matching score of a person with missing responses is the share of points reached among the answered items, in
    points of the whole test, rounded.

    References
    ----------
    Thissen, Steinberg & Wainer (1993); Meade (2010) for the differences of expected scores; Holland & Thayer (1988);
    Mantel (1963); Swaminathan & Rogers (1990); Zumbo (1999); Crane, Gibbons, Jolley & van Belle (2006); Benjamini &
    Hochberg (1995); Kish (1965) and Rao & Scott (1984) for weights. The classes often miss real differences even in
    large samples (Zwick 2012).
    """
    if method not in METHODS:
        raise ScoringError(f"Unknown method {method!r}; known are {', '.join(METHODS)}.")
    if model not in MODELS:
        raise ScoringError(f"Unknown model {model!r}; the likelihood ratio knows {', '.join(MODELS)}.")
    matrix = responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)
    labels, group = _labels(matrix, groups, weights)
    if method == "likelihood_ratio":
        return _purified(LikelihoodRatio(matrix, group, labels, model, weights), purify=purify)
    if len(labels) != 2 or weights is not None:
        raise ScoringError(f"{method} compares two groups without weights; use the likelihood ratio.")
    if method == "logistic" and matrix.codes.max(initial=0) > 1:
        raise ScoringError('Items have more than two categories; use method "ordinal".')
    return _purified(Matched(matrix, group, labels, method), purify=purify)


def _labels(
    matrix: ResponseMatrix, groups: ArrayLike, weights: ArrayLike | None
) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    labels, where = numbered_groups(groups, matrix.persons)
    counted = matrix.answered.any(axis=1) & (person_weights(weights, matrix.persons) > 0)
    if len(labels) < 2 or (np.bincount(where[counted], minlength=len(labels)) == 0).any():
        raise InvalidResponses("Differential functioning needs two groups or more that gave responses and have weight.")
    return labels, where


def _purified(test: LikelihoodRatio | Matched, *, purify: bool) -> Dif:
    """Test once, or again with the flagged items held apart until the flags settle."""
    apart = np.zeros(test.matrix.items, dtype=bool)
    notes: list[str] = []
    for _ in range(MOST_ROUNDS if purify else 1):
        found = test.tested(apart)
        flagged = found.flagged
        if not purify or (flagged == apart).all():
            break
        if flagged.sum() > test.matrix.items - 2:
            notes.append(test.TOO_FEW_LEFT)
            break
        apart = flagged
    else:
        notes.append(UNSETTLED)
    return replace(found, notes=(*found.notes, *notes))
