"""Calibration against girth 0.8, on the same responses in the same run.

    python benchmarks/calibration.py            10,000 persons x 24 items of five categories
    python benchmarks/calibration.py --long     also 100,000 x 24, 100,000 x 60 and 1,000,000 x 24 (the last two ours
                                                alone)

Wall and processor seconds, the fastest of three runs of ours; girth runs once. On a machine in use the ratio of
processor seconds is the one to read. The first call in a fresh process, which
loads the compiled code (or compiles it, where there is no cache yet), stands apart. Growth is that of the peak memory.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import girth
import numpy as np

from scoring.ability import estimate_ability
from scoring.calibration import Calibration, calibrate
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

T = TypeVar("T")

SEED = 20_261_123
CATEGORIES = 5
SHORT = ((10_000, 24, True),)
LONG = ((100_000, 24, True), (100_000, 60, False), (1_000_000, 24, False))
REPEATS = 3
ROWS_AT_ONCE = 20_000


def items(count: int, rng: np.random.Generator) -> ItemParameters:
    thresholds = np.sort(rng.normal(0, 1.1, (count, CATEGORIES - 1)), axis=1) + 0.15 * np.arange(CATEGORIES - 1)
    return ItemParameters(rng.lognormal(0.4, 0.25, count), thresholds)


def sample(persons: int, count: int) -> tuple[np.ndarray, ItemParameters]:
    rng = np.random.default_rng([SEED, persons, count])
    truth = items(count, rng)
    return simulate_responses(truth, rng.standard_normal(persons), rng), truth


def timed(call: Callable[[], T]) -> tuple[float, float, T]:
    wall, processor = time.perf_counter(), time.process_time()
    answer = call()
    return time.perf_counter() - wall, time.process_time() - processor, answer


def memory_megabytes(what: str) -> float:
    """Of this process alone; getrusage would begin with its parent's peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def height(codes: np.ndarray, fitted: ItemParameters) -> float:
    nodes = np.linspace(-6, 6, 61)
    prior = np.exp(-0.5 * nodes**2)
    prior /= prior.sum()
    total = 0.0
    for first in range(0, codes.shape[0], ROWS_AT_ONCE):
        block = log_likelihood(codes[first : first + ROWS_AT_ONCE], fitted, nodes)
        most = block.max(axis=1)
        total += float((most + np.log(np.exp(block - most[:, None]) @ prior)).sum())
    return total


def machine() -> str:
    facts = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":")[1].strip() for line in facts if line.startswith("model name")]
    load = Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "?"
    return f"{models[0] if models else platform.processor()}, {len(models)} processors, load {load} at the start"


def ours(persons: int, count: int) -> tuple[float, float, float, Calibration]:
    """Wall and processor seconds, growth of the peak memory in megabytes, and the fit; in a process of its own."""
    calibrate(sample(1_000, 6)[0], compiled=True)
    codes, _ = sample(persons, count)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew from what is in memory now
    before = memory_megabytes("VmRSS")
    runs = [timed(lambda: calibrate(codes)) for _ in range(REPEATS)]
    return *min(runs, key=lambda run: run[0])[:2], memory_megabytes("VmHWM") - before, runs[0][2]


def abilities(persons: int, count: int) -> tuple[float, float]:
    """Wall and processor seconds of EAP and its standard error for everyone."""
    codes, truth = sample(persons, count)
    estimate_ability(codes[:10_000], truth)
    return min(timed(lambda: estimate_ability(codes, truth))[:2] for _ in range(REPEATS))


def first_call() -> float:
    codes, _ = sample(1_000, 6)
    first, second = (timed(lambda: calibrate(codes, compiled=True))[0] for _ in range(2))
    return first - second


def alone(call: Callable[..., T], *arguments: int) -> T:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(call, *arguments).result()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--long", action="store_true")
    chosen = SHORT + LONG if options.parse_args().long else SHORT
    print(f"{machine()}; Python {platform.python_version()}, NumPy {np.__version__}, girth {version('girth')}")
    print(f"first call in a fresh process: {alone(first_call):.2f} s to load the compiled code, or to compile it")
    heads = f"{'ours':>8} {'cpu':>8} {'girth':>8} {'cpu':>8} {'ratio':>6} {'by cpu':>6} {'growth':>8}"
    print(f"{'persons':>9} {'items':>5} {heads}  passes, height")
    for persons, count, compared in chosen:
        wall, processor, growth, fitted = alone(ours, persons, count)
        row = f"{persons:>9} {count:>5} {wall:>7.3f}s {processor:>7.3f}s "
        note = f"{fitted.iterations} passes, converged {fitted.converged}"
        if compared:
            codes, _ = sample(persons, count)
            other, own, found = timed(lambda codes=codes: girth.grm_mml(codes.T.astype(int) + 1))
            theirs = ItemParameters(found["Discrimination"], found["Difficulty"])
            gain = height(codes, fitted.items) - height(codes, theirs)
            row += f"{other:>7.2f}s {own:>7.2f}s {other / wall:>5.0f}x {own / processor:>5.0f}x"
            note += f", log-likelihood {gain:+.2f} against girth's"
        else:
            row += f"{'':>8} {'':>8} {'':>6} {'':>6}"
        print(f"{row} {growth:>6.0f}MB  {note}", flush=True)
    wall, processor = alone(abilities, *chosen[-1][:2])
    print(
        f"EAP and standard error, {chosen[-1][0]} persons x {chosen[-1][1]} items: {wall:.3f} s, {processor:.3f} s cpu"
    )


if __name__ == "__main__":
    main()
