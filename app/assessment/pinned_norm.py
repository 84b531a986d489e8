"""What an edition or a sitting pins of its norm, as values of `scoring`: composite, correlation and shares of strays.

No use case pins what scoring refuses, so where it refuses, somebody wrote past the program: the refusal names the norm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from app.assessment.errors import NormUnreadable
from app.assessment.models import Pins
from app.assessment.policy import SittingPolicy
from scoring.composite import Composite
from scoring.misfit_aware import misfit_aware
from scoring.normal import NODES

FLAT = np.zeros(NODES.size)  # the log-likelihood of no answers
MOST_COMPOSITES_KEPT = 32  # laying out a composite's grid costs some milliseconds
MOST_SHARES_KEPT = 128  # two numbers each, asked for at every answer


def composite_of(pins: Pins, policy: SittingPolicy) -> Composite:
    """The composite under which the pinned cut was computed, or the policy's while there is no cut.

    Raises
    ------
    NormUnreadable
        If what is pinned is none.
    """
    pinned, correlation = pins.composite or {}, kinds_correlation(pins, policy)
    with reading_norm(pins):
        masses = pinned.get("masses")  # pins of norms older than decision 87 have none
        weights = tuple(pinned.get("weights", policy.composite_weights))
        return _composite(weights, correlation, tuple(masses) if masses is not None else None)


def kinds_correlation(pins: Pins, policy: SittingPolicy) -> float:
    """The correlation of the two kinds in the norm group, or the policy's while there is no norm.

    Raises
    ------
    NormUnreadable
        If it is no number.
    """
    with reading_norm(pins):
        return float((pins.composite or {}).get("correlation", policy.kinds_correlation))


def stray_shares(pins: Pins) -> tuple[float, float]:
    """Of judgement and self-report; pins older than the shares have none.

    Raises
    ------
    NormUnreadable
        If one is no share.
    """
    with reading_norm(pins):
        judgement, self_report = (pins.composite or {}).get("stray_shares", (0.0, 0.0))
        return _shares(judgement, self_report)


def require_readable(pins: Pins, policy: SittingPolicy) -> None:
    """Try all that is pinned of a norm on somebody who answered nothing, before anything is begun under it.

    Raises
    ------
    NormUnreadable
        If scoring refuses any of it.
    """
    stray_shares(pins)
    before = composite_of(pins, policy).posterior(None, None)
    if pins.cut is not None:
        with reading_norm(pins):
            before.probability_above(pins.cut, pins.cut_standard_error or 0.0)


@contextmanager
def reading_norm(pins: Pins) -> Iterator[None]:
    """What fails inside is the fault of the pinned numbers: name whose they are."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as problem:
        edition_id = getattr(pins, "edition_id", None) or getattr(pins, "id", None)  # of a sitting, or itself
        raise NormUnreadable(pins.norm_id, edition_id, str(problem)) from problem


@lru_cache(maxsize=MOST_COMPOSITES_KEPT)
def _composite(weights: tuple[float, ...], correlation: float, masses: tuple[float, ...] | None) -> Composite:
    return Composite(weights, correlation, masses)


@lru_cache(maxsize=MOST_SHARES_KEPT)
def _shares(judgement: float, self_report: float) -> tuple[float, float]:
    for share in (judgement, self_report):
        misfit_aware(FLAT, share)  # which refuses what is no share
    return float(judgement), float(self_report)
