"""Half forms of two kinds at once: what a composite's sitting states and what the other half awards.

    python -m benchmarks.half_composites [--splits 25]

Nobody's real answers to scenarios and statements of one skill are at hand, so two scales that the same people answered
stand in for the kinds: related ones, each with a theta of its own. Scales, norm and cut as `half_forms`; a half awards
at P(composite >= cut) >= .5. "normal": the normal prior; "own": the norm's own distribution along the composite.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.half_forms import SCALES, SEED, STRAY_SPLITS, keyed
from scoring.calibration import calibrate
from scoring.composite import Composite
from scoring.graded_response import category_logs, category_probabilities
from scoring.half_forms import LEVEL_REACH, estimate_stray_share
from scoring.items import ItemParameters
from scoring.kinds_correlation import estimate_kinds_correlation
from scoring.misfit_aware import STRAY_MASSES, misfit_aware
from scoring.normal import NODES, normal_distribution
from scoring.norms import Cut, NormTable

PAIRS = (
    ("grit C", "grit"),
    ("BIG5 E", "BIG5 N"),
    ("BIG5 A", "BIG5 C"),
    ("SD3 M", "SD3 P"),
    ("FTI explorer", "FTI director"),
    ("AS", "AD"),
)
WEIGHTS = (0.5, 0.5)
MOST_PEOPLE = 8_000
AT_ONCE = 500


@dataclass(frozen=True)
class Kind:
    """One kind's answers (N, J), parameters, and the share of its forms that say nothing."""

    codes: np.ndarray
    items: ItemParameters
    stray: float

    @classmethod
    def of(cls, codes: np.ndarray) -> Kind:
        items = calibrate(codes).items
        rng = np.random.default_rng([SEED, 1])
        return cls(codes, items, estimate_stray_share(codes, items, splits=STRAY_SPLITS, rng=rng).share)

    @cached_property
    def table(self) -> np.ndarray:
        return category_logs(self.items, NODES)

    def logs(self, codes: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Softened log-likelihood of answers (n, J) to some of the items, (n, 61)."""
        return misfit_aware(sum(self.table[column, codes[:, column]] for column in columns), self.stray)

    def simulated(self, theta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Answers to every item of one person per theta (n,): a stray form is somebody else's."""
        astray = rng.random(theta.size) < self.stray
        theta = np.where(astray, rng.choice(NODES, theta.size, p=STRAY_MASSES), theta)
        chances = np.cumsum(category_probabilities(self.items, theta), axis=-1)
        return (rng.random((theta.size, len(self.items), 1)) >= chances[:, :, :-1]).sum(axis=2).astype(np.int8)


def both(first: str, second: str) -> tuple[np.ndarray, np.ndarray]:
    """Complete answers of the same people to two scales of one file, from 0 and keyed so that more is more."""
    found = [keyed(SCALES[name]) for name in (first, second)]
    whole = np.flatnonzero((np.concatenate(found, axis=1) >= 0).all(axis=1))
    chosen = np.random.default_rng([SEED, 4]).permutation(whole)[:MOST_PEOPLE]
    return found[0][chosen], found[1][chosen]


def norm_of(logs: tuple[np.ndarray, np.ndarray], correlation: float) -> NormTable:
    """The latent distribution of the composite, as a norm is drafted."""
    composite = Composite(WEIGHTS, correlation)
    to_places = np.array([composite.along(cell) for cell in np.eye(NODES.size**2).reshape(-1, NODES.size, NODES.size)])
    kept = np.abs(composite.places) <= NODES[-1]
    before = composite.prior.reshape(-1) @ to_places[:, kept]
    after = np.concatenate([grids(logs, rows, composite.prior) @ to_places[:, kept] for rows in parts(len(logs[0]))])
    return NormTable.from_log_likelihoods(np.log(after) - np.log(before), composite.places[kept])


def parts(people: int) -> list[slice]:
    return [slice(start, start + AT_ONCE) for start in range(0, people, AT_ONCE)]


def grids(logs: tuple[np.ndarray, np.ndarray], rows: slice, prior: np.ndarray) -> np.ndarray:
    """Joint posteriors of some people, (n, 61 * 61), each summing to one."""
    by = [np.exp(kind[rows] - kind[rows].max(axis=1, keepdims=True)) for kind in logs]
    joint = (by[0][:, :, None] * by[1][:, None, :] * prior).reshape(by[0].shape[0], -1)
    return joint / joint.sum(axis=1, keepdims=True)


def standing(logs: tuple[np.ndarray, np.ndarray], composite: Composite, cut: Cut) -> np.ndarray:
    """P(composite >= cut) of each person, (N,); the kernel on each cell is left as wide as it is."""
    values = (composite.weights[0] * NODES[:, None] + composite.weights[1] * NODES[None, :]).reshape(-1)
    above = normal_distribution((values - cut.theta) / np.hypot(composite.kernel_sd, cut.standard_error))
    return np.concatenate([grids(logs, rows, composite.prior) @ above for rows in parts(len(logs[0]))])


def drawn(logs: tuple[np.ndarray, np.ndarray], composite: Composite, rng: np.random.Generator) -> np.ndarray:
    """One pair of thetas of each person's posterior, (n, 2)."""
    cells = [
        (np.cumsum(grids(logs, rows, composite.prior), axis=1) < rng.random((len(logs[0][rows]), 1))).sum(axis=1)
        for rows in parts(len(logs[0]))
    ]
    found = np.minimum(np.concatenate(cells), NODES.size**2 - 1)
    return np.stack([NODES[found // NODES.size], NODES[found % NODES.size]], axis=1)


def agreement(kinds: tuple[Kind, Kind], composite: Composite, cut: Cut, splits: int) -> str:
    """Awarded again: observed with its interval from persons, predicted, difference."""
    rng = np.random.default_rng([SEED, 2])
    once, twice, stated = np.zeros(len(kinds[0].codes)), np.zeros(len(kinds[0].codes)), 0.0
    for _ in range(splits):
        orders = [rng.permutation(len(kind.items)) for kind in kinds]
        halves = [[np.sort(part) for part in np.array_split(order, 2)] for order in orders]
        first, second = (
            tuple(kind.logs(kind.codes, half[which]) for kind, half in zip(kinds, halves, strict=True))
            for which in (0, 1)
        )
        awarded = standing(first, composite, cut) >= 0.5
        again = standing(second, composite, cut) >= 0.5
        thetas = drawn(tuple(logs[awarded] for logs in first), composite, rng)
        answered = [kind.simulated(thetas[:, number], rng) for number, kind in enumerate(kinds)]
        simulated = tuple(kind.logs(codes, half[1]) for kind, codes, half in zip(kinds, answered, halves, strict=True))
        stated += float((standing(simulated, composite, cut) >= 0.5).sum())
        once += awarded
        twice += awarded & again
    total = once.sum()
    observed, predicted = twice.sum() / total, stated / total
    reach = LEVEL_REACH * np.sqrt(((twice - observed * once) ** 2).sum()) / total
    off = predicted - observed
    star = " " if abs(off) <= reach else "*"
    return f"{observed:.3f} {observed - reach:.3f}–{observed + reach:.3f} {predicted:.3f} {off:+.3f}{star}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=25)
    splits = parser.parse_args().splits
    print(f"{splits} random halves; awarded again: observed, 95 %, predicted, difference; * outside")
    print(f"{'two kinds':<30}{'N':>6}  r    | {'normal':<34} | {'own':<34}")
    for first, second in PAIRS:
        began = time.perf_counter()
        kinds = tuple(Kind.of(codes) for codes in both(first, second))
        logs = tuple(kind.logs(kind.codes, np.arange(len(kind.items))) for kind in kinds)
        correlation = estimate_kinds_correlation(*logs).correlation
        norm = norm_of(logs, correlation)
        cut = norm.cut(0.9)
        found = [
            agreement(kinds, Composite(WEIGHTS, correlation, masses), cut, splits)
            for masses in (None, norm.masses(NODES))
        ]
        seconds = time.perf_counter() - began
        name = f"{first} + {second}"
        print(
            f"{name:<30}{len(kinds[0].codes):>6} {correlation:.2f} | {' | '.join(found)} | {seconds:.0f} s", flush=True
        )


if __name__ == "__main__":
    main()
