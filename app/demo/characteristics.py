"""What simulated sittings say of the rules: how often the right people are awarded, how sure, how long, how worn.

True standing is the composite of the true thetas, against the 90th percentile of the simulated population.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from app.demo.cohorts import COHORTS
from app.demo.population import KINDS_CORRELATION
from app.demo.simulate import Simulated
from app.demo.simulated_sittings import Taken

TOP = 0.9
Z = NormalDist().inv_cdf(0.975)
TENTHS = 10
FEWEST_IN_TENTH = 20
AWARDED, HELD = "awarded", "held"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n with its 95 % interval (Wilson 1927); n may be 0."""

    value: float
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high end."""
        if self.n == 0:
            return 0.0, 1.0
        wide = Z * Z / self.n
        middle = (self.value + wide / 2) / (1 + wide)
        reach = Z * math.sqrt(self.value * (1 - self.value) / self.n + wide / (4 * self.n)) / (1 + wide)
        return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True, slots=True)
class Gate:
    """A bound and what was found; `short` is by how much it is missed, 0 where it is met."""

    name: str
    found: float
    low: float
    high: float
    n: int

    @property
    def short(self) -> float:
        """Distance outside the bounds."""
        return max(self.low - self.found, self.found - self.high, 0.0)


@dataclass(frozen=True, slots=True)
class CohortFigures:
    """How one cohort fared: people, those with an award in any sitting, truly top among these, sittings flagged."""

    name: str
    people: int
    sittings: int
    awarded: Share  # of the people
    first: Share  # of the people, at the first sitting
    held: Share  # of the sittings
    truly_top: Share  # of the people awarded
    odd: Share  # of the sittings, tier 2 or 3
    person: Share  # of the sittings, tier 3
    units: float  # mean


@dataclass(frozen=True, slots=True, eq=False)
class Characteristics:
    """Everything the report prints."""

    cohorts: tuple[CohortFigures, ...]
    gates: tuple[Gate, ...]
    units: NDArray[np.int64]
    exposure: NDArray[np.float64]  # of each item shown at all, greatest first, over first sittings
    overlap: float  # mean share of items that two first sittings have in common
    retake_overlap: float  # the same of a sitting with the same account's former one
    tenths: tuple[tuple[float, float, int], ...]  # stated, true, n


def characteristics(simulated: Simulated) -> Characteristics:
    """Work out every figure."""
    taken = simulated.taken
    line = _true_line(simulated)
    is_top = {one.number: _composite(one, simulated.weights) >= line for one in taken}
    first = [one for one in taken if one.turn == 0 and one.account == 0]
    honest = [one for one in first if one.cohort == "honest"]
    cohorts = tuple(_cohort(cohort.name, taken, is_top) for cohort in COHORTS)
    exposure = _exposure(first, simulated.items)
    tenths = _tenths(honest, is_top)
    units = np.array([one.units for one in honest])
    return Characteristics(
        cohorts,
        _gates(honest, first, cohorts, exposure, tenths, is_top),
        units,
        exposure,
        _overlap(first),
        _retake_overlap(taken),
        tenths,
    )


def _true_line(simulated: Simulated) -> float:
    """90th percentile of w·theta in the simulated population, whose kinds correlate as it states."""
    w = np.array(simulated.weights)
    spread = math.sqrt(float(w @ np.array([[1.0, KINDS_CORRELATION], [KINDS_CORRELATION, 1.0]]) @ w))
    return NormalDist().inv_cdf(TOP) * spread


def _composite(one: Taken, weights: tuple[float, float]) -> float:
    return weights[0] * one.judgement + weights[1] * one.self_report


def _share(rows: Sequence[Taken], holds: Callable[[Taken], bool]) -> Share:
    return Share(sum(map(holds, rows)) / len(rows) if rows else 0.0, len(rows))


def _cohort(name: str, taken: Sequence[Taken], is_top: dict[int, bool]) -> CohortFigures:
    own = [one for one in taken if one.cohort == name]
    people = sorted({one.number for one in own})
    awarded = sorted({one.number for one in own if one.outcome == AWARDED})
    first = [one for one in own if one.turn == 0 and one.account == 0]
    return CohortFigures(
        name=name,
        people=len(people),
        sittings=len(own),
        awarded=Share(len(awarded) / max(len(people), 1), len(people)),
        first=_share(first, lambda one: one.outcome == AWARDED),
        held=_share(own, lambda one: one.outcome == HELD),
        truly_top=Share(sum(is_top[number] for number in awarded) / max(len(awarded), 1), len(awarded)),
        odd=_share(own, lambda one: one.tier > 1),
        person=_share(own, lambda one: one.tier == 3),
        units=float(np.mean([one.units for one in own])) if own else 0.0,
    )


def _exposure(first: Sequence[Taken], items: int) -> NDArray[np.float64]:
    counts: dict[str, int] = {}
    for one in first:
        for code in one.shown:
            counts[code] = counts.get(code, 0) + 1
    shares = sorted((count / len(first) for count in counts.values()), reverse=True)
    return np.array(shares + [0.0] * (items - len(shares)))


def _overlap(first: Sequence[Taken]) -> float:
    """Of neighbours in number: each pair is of two people who know nothing of each other."""
    pairs = zip(first[::2], first[1::2], strict=False)
    return float(np.mean([_common(a, b) for a, b in pairs]))


def _retake_overlap(taken: Sequence[Taken]) -> float:
    own = {(one.number, one.account, one.turn): one for one in taken}
    pairs = [(one, own[number, account, turn - 1]) for (number, account, turn), one in own.items() if turn]
    return float(np.mean([_common(a, b) for a, b in pairs])) if pairs else 0.0


def _common(a: Taken, b: Taken) -> float:
    return len(set(a.shown) & set(b.shown)) / len(a.shown)


def _tenths(honest: Sequence[Taken], is_top: dict[int, bool]) -> tuple[tuple[float, float, int], ...]:
    stated = np.array([one.probability for one in honest])
    true = np.array([is_top[one.number] for one in honest], dtype=float)
    which = np.minimum((stated * TENTHS).astype(int), TENTHS - 1)
    held = [which == tenth for tenth in range(TENTHS)]
    return tuple((float(stated[k].mean()), float(true[k].mean()), int(k.sum())) for k in held if k.any())


def _gates(  # noqa: PLR0917
    honest: Sequence[Taken],
    first: Sequence[Taken],
    cohorts: Sequence[CohortFigures],
    exposure: NDArray[np.float64],
    tenths: Sequence[tuple[float, float, int]],
    is_top: dict[int, bool],
) -> tuple[Gate, ...]:
    named = {cohort.name: cohort for cohort in cohorts}
    won = [one for one in honest if one.outcome == AWARDED]
    top = [one for one in honest if is_top[one.number]]
    right, found = _share(won, lambda one: is_top[one.number]), _share(top, lambda one: one.outcome == AWARDED)
    all_honest = [one for one in first if named[one.cohort].name in HONEST]
    odd = _share(all_honest, lambda one: one.tier > 1)
    faked = named["faking good"].first
    certain = [abs(stated - true) for stated, true, n in tenths if n >= FEWEST_IN_TENTH]
    judgement = min((one.judgement_share for one in won), default=0.0)
    units = float(np.median([one.units for one in honest]))
    return (
        Gate("honest people awarded", named["honest"].first.value, 0.09, 0.105, len(honest)),
        Gate("PPV, honest", right.value, 0.85, 1.0, right.n),
        Gate("sensitivity, honest", found.value, 0.78, 1.0, found.n),
        Gate("stated against true confidence, worst tenth", max(certain, default=0.0), 0.0, 0.02, len(honest)),
        Gate("least judgement share of an award", judgement, 0.5, 1.0, len(won)),
        Gate("median of scored units", units, 0.0, 20.0, len(honest)),
        Gate("greatest exposure of an item", float(exposure.max()), 0.0, 0.30, len(first)),
        Gate("share of the bank shown", float((exposure > 0).mean()), 0.8, 1.0, len(first)),
        Gate("faking good: people awarded", faked.value, 0.0, 0.12, faked.n),
        Gate("honest sittings flagged (tier 2 or 3)", odd.value, 0.0, 0.01, odd.n),
    )


HONEST = frozenset(cohort.name for cohort in COHORTS if cohort.is_honest)
