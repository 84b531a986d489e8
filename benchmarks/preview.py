"""What a preview costs: the influence of every block on the cut, and the renewals of many holders.

    python benchmarks/preview.py                       20,000 people in the sample, 100,000 holders
    python benchmarks/preview.py --people 100000       a larger sample

The yardstick is estimating the distribution anew without each block, as exactly as the norm itself is; it is timed on
three blocks and multiplied. Agreement is the largest difference between the two cuts on those blocks.
"""

from __future__ import annotations

import argparse
import platform
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import numpy as np

from app.assessment.scored_sittings import ScoredSitting
from app.norming.forecast import renewals
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.latent_density import estimate_latent_density, masses_without
from scoring.normal import NODES
from scoring.norms import NormTable
from scoring.responses import ResponseMatrix
from scoring.simulation import simulate_responses

SEED = 20_261_128
BLOCKS = 50
TRIED = (0, 17, 49)
ITEMS = 24
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def cut_of(masses: np.ndarray) -> float:
    return NormTable.from_latent(NODES, masses, 1).cut(0.9).theta


def influence(people: int) -> None:
    rng = np.random.default_rng(SEED)
    centres = np.linspace(-1.5, 2.0, ITEMS)
    items = ItemParameters(np.full(ITEMS, 1.5), centres[:, None] + np.array([-1.5, -0.5, 0.5, 1.5]))
    codes = simulate_responses(items, rng.normal(0, 1, people), rng)
    logs = log_likelihood(ResponseMatrix(codes), items, NODES)
    latent = estimate_latent_density(logs, NODES)
    blocks = np.arange(people) * BLOCKS // people
    started = time.process_time()
    cuts = [cut_of(row) for row in masses_without(latent, logs, blocks)]
    mine = time.process_time() - started
    started = time.process_time()
    anew = [cut_of(estimate_latent_density(logs[blocks != block], NODES).masses) for block in TRIED]
    yardstick = (time.process_time() - started) / len(TRIED) * BLOCKS
    apart = max(abs(cuts[block] - cut) for block, cut in zip(TRIED, anew, strict=True))
    print(f"influence of {BLOCKS} blocks, {people:,} people x {ITEMS} items: {mine:.2f} s of processor time")
    print(
        f"  anew without each block: {yardstick:.1f} s ({yardstick / mine:.0f} times); cuts at most {apart:.4f} apart"
    )


def holders(count: int) -> None:
    rng = np.random.default_rng(SEED)
    sittings = [
        ScoredSitting(UUID(int=k), NOON - timedelta(days=float(days)), None, float(median), 0.33)
        for k, (days, median) in enumerate(zip(rng.uniform(0, 365, count), rng.normal(0, 1, count), strict=True))
    ]
    former = SimpleNamespace(cut=1.28, cut_standard_error=0.03)
    norm = SimpleNamespace(cut=1.33, cut_standard_error=0.03)
    started = time.process_time()
    found = renewals(sittings, norm, former, at=NOON)
    print(f"renewals of {count:,} people: {time.process_time() - started:.2f} s; {found['no_longer_above']} differ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--holders", type=int, default=100_000)
    given = parser.parse_args()
    print(platform.platform(), platform.processor())
    influence(given.people)
    holders(given.holders)
