"""Careless responding: how many are caught at one per cent false positives, on real answers with planted carelessness.

    python benchmarks/careless.py             fifty items of 19,718 real respondents (BIG5)
    python benchmarks/careless.py --folds 4   the same from four random halvings, with the spread between them
    python benchmarks/careless.py --sizes     false positives alone, by the size of the reference group

One random half of the respondents is the reference group that the rule learns from; false positives are counted in the
other half, whose answers carelessness is then planted in. Uniform random and half-random answers are the two kinds the
rule was fitted on; all others are new to it. The yardsticks are the single indices, each at its own one per cent.

The last column learns from a reference group of which one in twenty is careless already, and asks for six per cent:
the planted five, and one of the real. A second table carries the rule over to other people answering the same fifty
items (the grit study), never seen before.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import platform
import time
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from scoring.calibration import calibrate
from scoring.careless_responding import CarelessIndices, CarelessRule, careless_indices, fit_careless_rule
from scoring.indices_of_carelessness import Scale
from scoring.responses import MISSING, reverse

SHARED = Path(os.environ.get("DECILE_TEST_SHARED", Path(__file__).resolve().parents[1].parent / "shared"))
SEED = 20_261_123
RATE = 0.01
SPOILT = 0.05  # of a reference group, in the last column
PLANTED = 3_000
SIZES = {500: 8, 1_500: 6, 5_000: 3}  # persons in a reference group, and how many groups are drawn
ORDER = [f"{scale}{place}" for place in range(1, 11) for scale in "ENACO"]  # as it was presented
REVERSED = {"E": (2, 4, 6, 8, 10), "N": (2, 4), "A": (1, 3, 5, 7), "C": (2, 4, 6, 8), "O": (2, 4, 6)}
KEYED = np.array([-1 if int(name[1:]) in REVERSED[name[0]] else 1 for name in ORDER])
CATEGORIES = 5
FITTED = ("random", "half random, scattered")
TARGETS = {"random": 0.95, "straight line": 0.95, "half random, scattered": 0.60}


def answers(file: str) -> np.ndarray:
    """Complete raw answers from 0, shape (N, 50)."""
    with gzip.open(SHARED / "data" / file, "rt") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        codes = np.array([[int(row[name]) - 1 for name in ORDER] for row in rows])
    return codes[(codes != MISSING).all(axis=1)].astype(np.int8)


def scales(codes: np.ndarray) -> list[Scale]:
    keyed = reverse(codes, np.full(len(ORDER), CATEGORIES), KEYED)
    columns = [tuple(j for j, name in enumerate(ORDER) if name[0] == scale) for scale in "ENACO"]
    return [Scale(places, calibrate(keyed[:, list(places)]).items) for places in columns]


def kinds(codes: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Plant each kind of carelessness in real answers, shape (N, 50) each."""
    persons, items = codes.shape
    uniform = rng.integers(0, CATEGORIES, codes.shape)
    scattered = rng.permuted(np.tile(np.arange(items) < items // 2, (persons, 1)), axis=1)
    second = np.arange(items) >= items // 2
    one = np.repeat(rng.integers(0, CATEGORIES, (persons, 1)), items, axis=1)
    other = (one + np.repeat(rng.integers(1, CATEGORIES, (persons, 1)), items, axis=1)) % CATEGORIES
    own = rng.dirichlet(np.ones(CATEGORIES), persons).cumsum(axis=1)[:, None, :-1]
    shuffled = rng.permuted(codes, axis=1)
    wave = np.array([0, 1, 2, 3, 4, 3, 2, 1])
    planted = {
        "random": uniform,
        "half random, scattered": np.where(scattered, uniform, codes),
        "half random, second half": np.where(second, uniform, codes),
        "straight line": one,
        "straight line, one in ten off": np.where(rng.random(codes.shape) < 0.1, uniform, one),
        "straight line, second half": np.where(second, one, codes),
        "blocks of ten alike": np.repeat(rng.integers(0, CATEGORIES, (persons, items // 10)), 10, axis=1),
        "random around the middle": np.clip(np.round(rng.normal(2, 1, codes.shape)), 0, CATEGORIES - 1),
        "random, own taste": (rng.random((persons, items, 1)) >= own).sum(axis=2),
        "own answers shuffled": shuffled,
        "own answers half shuffled": np.where(scattered, shuffled, codes),
        "zigzag 1 2 3 4 5 4 3 2": wave[(rng.integers(0, wave.size, (persons, 1)) + np.arange(items)) % wave.size],
        "staircase 1 2 3 4 5 1 2": (rng.integers(0, CATEGORIES, (persons, 1)) + np.arange(items)) % CATEGORIES,
        "two answers in turn": np.where(np.arange(items) % 2 == 0, one, other),
    }
    return {name: table.astype(np.int8) for name, table in planted.items()}


def signs(found: CarelessIndices) -> dict[str, np.ndarray]:
    """The single indices, high where careless."""
    return {
        "distance": found.mahalanobis,
        "lz": -found.lz,
        "even-odd": -found.even_odd,
        "longest": found.longest_string.astype(float),
        "irv": -found.irv,
        "content": -found.content,
    }


def caught(rule: CarelessRule, codes: np.ndarray, lines: dict[str, float]) -> list[float]:
    found = careless_indices(codes, rule)
    alone = [float((sign > lines[name]).mean()) for name, sign in signs(found).items()]
    return [float(found.flagged(RATE).mean()), *alone]


def halving(codes: np.ndarray, seed: int) -> tuple[dict[str, list[float]], CarelessRule, float]:
    """Share flagged of each kind: by the rule, by each index alone, and by a rule learned among careless people."""
    rng = np.random.default_rng([SEED, seed])
    order = rng.permutation(codes.shape[0])
    known, new = codes[order[: order.size // 2]], codes[order[order.size // 2 :]]
    began = time.process_time()
    rule = fit_careless_rule(known, scales(known), KEYED, rng)
    seconds = time.process_time() - began
    lines = {name: float(np.quantile(sign, 1 - RATE)) for name, sign in signs(careless_indices(known, rule)).items()}
    spoilt = known.copy()
    planted_in = kinds(known, rng)
    for place, kind in enumerate(planted_in.values()):  # one in twenty, of all kinds alike
        part = np.arange(place, known.shape[0], round(len(planted_in) / SPOILT))
        spoilt[part] = kind[part]
    rule_among_careless = fit_careless_rule(spoilt, scales(spoilt), KEYED, rng)
    table = {}
    for name, planted in {"real, not in the reference": new, **kinds(new[:PLANTED], rng)}.items():
        among = float(careless_indices(planted, rule_among_careless).flagged(RATE + SPOILT).mean())
        table[name] = [*caught(rule, planted, lines), among]
    return table, rule, seconds


def by_size(codes: np.ndarray) -> None:
    """False positives among 5,000 people outside, for reference groups of several sizes."""
    print(f"\n{'references':>12}{'groups':>8}{'at .01':>10}{'±':>8}{'at .05':>10}{'±':>8}")
    for size, groups in SIZES.items():
        found = []
        for group in range(groups):
            rng = np.random.default_rng([SEED, size, group])
            order = rng.permutation(codes.shape[0])
            known, new = codes[order[:size]], codes[order[size : size + 5_000]]
            seen = careless_indices(new, fit_careless_rule(known, scales(known), KEYED, rng))
            found.append([seen.flagged(rate).mean() for rate in (0.01, 0.05)])
        mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(groups)
        print(f"{size:12,}{groups:8}{mean[0]:10.4f}{error[0]:8.4f}{mean[1]:10.4f}{error[1]:8.4f}", flush=True)


def show(title: str, tables: list[dict[str, list[float]]]) -> None:
    print(f"\n{title}")
    heads = ["rule", "±", "distance", "lz", "even-odd", "longest", "irv", "content", "spoilt"]
    print(f"{'share flagged':32}" + "".join(f"{head:>10}" for head in heads[: 1 + len(next(iter(tables[0].values())))]))
    for name in tables[0]:
        rows = np.array([table[name] for table in tables])
        mean, spread = rows.mean(axis=0), np.ptp(rows[:, 0]) / 2
        target = f"   target {TARGETS[name]:.2f}, {mean[0] - TARGETS[name]:+.3f}" if name in TARGETS else ""
        mark = " *" if name in FITTED else ""
        print(f"{name + mark:32}" + "".join(f"{x:10.3f}" for x in [mean[0], spread, *mean[1:]]) + target)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folds", type=int, default=1)
    options.add_argument("--sizes", action="store_true")
    asked = options.parse_args()
    folds = asked.folds
    codes = answers("openpsy_big5.csv.gz")
    print(
        f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}; {codes.shape[0]:,} people"
    )
    if asked.sizes:
        by_size(codes)
        return
    halves = [halving(codes, seed) for seed in range(folds)]
    show(f"Flagged at {RATE:.0%} of the reference group; * kinds the rule was fitted on", [half[0] for half in halves])
    flagged = round(halves[0][0]["real, not in the reference"][0] * (codes.shape[0] // 2))
    interval = binomtest(flagged, codes.shape[0] // 2).proportion_ci()
    print(f"\nfalse positives of the first halving {flagged} of {codes.shape[0] // 2:,},", end=" ")
    print(f"95 % interval {interval.low:.4f}–{interval.high:.4f}; fitting {halves[0][2]:.1f} s of processor")

    others = answers("openpsy_grit.csv.gz")
    rng = np.random.default_rng([SEED, 99])
    rule = halves[0][1]
    table = {"real, grit study": others, **kinds(others, rng)}
    rows = {name: [float(careless_indices(planted, rule).flagged(RATE).mean())] for name, planted in table.items()}
    show("The first halving's rule carried over to the grit study", [rows])


if __name__ == "__main__":
    main()
