"""Calibration against girth 0.8, on the same responses in the same run.

    python benchmarks/calibration.py            10,000 persons x 24 items of five categories
    python benchmarks/calibration.py --long     also 100,000 x 24, 100,000 x 60 and 1,000,000 x 24 (the last two ours alone)

Wall and processor seconds, the fastest of three runs of ours; girth runs once. The first call in a fresh process, which
loads the compiled code (or compiles it, where there is no cache yet), stands apart. Growth is that of the peak memory.
"""

from __future__ import annotations

import argparse
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import girth
import numpy as np

from scoring.calibration import calibrate
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

T = TypeVar("T")

SEED = 20_261_123
CATEGORIES = 5
SHORT = ((10_000, 24, True),)
LONG = ((100_000, 24, True), (100_000, 60, False), (1_000_000, 24, False))
REPEATS = 3
HEIGHT_PERSONS = 20_000  # persons whose log-likelihood is compared


def items(count: int, rng: np.random.Generator) -> ItemParameters:
    thresholds = np.sort(rng.normal(0, 1.1, (count, CATEGORIES - 1)), axis=1) + 0.15 * np.arange(CATEGORIES - 1)
    return ItemParameters(rng.lognormal(0.4, 0.25, count), thresholds)


def timed(call: Callable[[], T]) -> tuple[float, float, T]:
    wall, processor = time.perf_counter(), time.process_time()
    answer = call()
    return time.perf_counter() - wall, time.process_time() - processor, answer


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def mean_log_likelihood(codes: np.ndarray, fitted: ItemParameters) -> float:
    nodes = np.linspace(-6, 6, 61)
    prior = np.exp(-0.5 * nodes**2)
    marginal = np.exp(log_likelihood(codes[:HEIGHT_PERSONS], fitted, nodes)) @ (prior / prior.sum())
    return float(np.log(marginal).mean())


def machine() -> str:
    facts = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":")[1].strip() for line in facts if line.startswith("model name")]
    load = Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "?"
    return f"{models[0] if models else platform.processor()}, {len(models)} processors, load {load} at the start"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--long", action="store_true")
    chosen = SHORT + LONG if options.parse_args().long else SHORT
    print(f"{machine()}; Python {platform.python_version()}, NumPy {np.__version__}")
    rng = np.random.default_rng(SEED)
    warm = simulate_responses(items(6, rng), rng.standard_normal(10_000), rng)
    first = timed(lambda: calibrate(warm))[0] - timed(lambda: calibrate(warm))[0]
    print(f"first call: {first:.2f} s to load or compile")
    print(f"{'persons':>9} {'items':>5} {'ours':>8} {'cpu':>8} {'girth':>8} {'ratio':>6} {'growth':>8}  passes, height")
    for persons, count, compared in chosen:
        codes = simulate_responses(items(count, rng), rng.standard_normal(persons), rng)
        before = peak_megabytes()
        runs = [timed(lambda codes=codes: calibrate(codes)) for _ in range(REPEATS)]
        growth = peak_megabytes() - before
        wall, processor, fitted = min(runs, key=lambda run: run[0])
        row = f"{persons:>9} {count:>5} {wall:>7.3f}s {processor:>7.3f}s "
        note = f"{fitted.iterations} passes, converged {fitted.converged}"
        if compared:
            other, _, found = timed(lambda codes=codes: girth.grm_mml(codes.T.astype(int) + 1))
            theirs = ItemParameters(found["Discrimination"], found["Difficulty"])
            gain = mean_log_likelihood(codes, fitted.items) - mean_log_likelihood(codes, theirs)
            row += f"{other:>7.2f}s {other / wall:>5.0f}x"
            note += f", log-likelihood {gain * min(persons, HEIGHT_PERSONS):+.2f} above girth's"
        else:
            row += f"{'':>8} {'':>6}"
        print(f"{row} {growth:>6.0f}MB  {note}", flush=True)


if __name__ == "__main__":
    main()
