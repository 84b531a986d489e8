"""How soon five leaked scenarios are noticed, and how often honest items are taken for leaked.

    python -m benchmarks.leak                     3 runs for each share of holders
    python -m benchmarks.leak --runs 10           more

On the Collaboration bank, sittings follow the exact rules and items rest as an edition says. From sitting 3,001 on a
share of people knows the keyed answer of the five scenarios that are shown most. Difficulties are what the authors
expect, slopes are invented.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from benchmarks.exposure import CORRELATION, CUT, SETTLED_ON, the_bank
from scoring.ability import estimate_ability
from scoring.composite import Composite
from scoring.leak_watch import BASELINE, answer_residuals, upward_drift
from scoring.simulated_people import leaked
from scoring.simulation import simulate_kinds, simulate_responses
from scoring.sitting_simulation import SittingRules, settled_eligibility, simulate_sittings

SITTINGS, LEAK_AT, LEAKED = 8_000, 3_000, 5
LOOK_EVERY = 20  # answers to an item
SLOPE = 1.0  # of scenarios
SHARES = (0.0, 0.2, 0.3)


def one_run(share: float, seed: int) -> tuple[list[int | None], np.ndarray]:
    """The sitting at which each item was an alarm first, and which items leaked."""
    judgement, self_report, facets = the_bank(SLOPE)
    rng = np.random.default_rng(seed)
    composite = Composite((0.5, 0.5), CORRELATION)
    shared: dict[str, Any] = {
        "facets": facets,
        "composite": composite,
        "rules": SittingRules(cut=CUT, cut_se=0.05, early_best=30),
        "rng": rng,
    }
    people = simulate_kinds(SETTLED_ON, CORRELATION, rng)
    chances = settled_eligibility(people, judgement, self_report, goal=0.28, **shared)
    theta = simulate_kinds(SITTINGS, CORRELATION, rng)
    would = np.concatenate(
        [simulate_responses(judgement, theta[:, 0], rng), simulate_responses(self_report, theta[:, 1], rng)], axis=1
    )
    pilot = simulate_sittings(
        theta[:2000], judgement, self_report, responses=would[:2000], eligibility=chances, **shared
    )
    worn = np.argsort(-pilot.exposure(facets.size)[: len(judgement)])[:LEAKED]
    out = np.isin(np.arange(facets.size), worn)
    holds = (np.arange(SITTINGS) >= LEAK_AT) & (rng.random(SITTINGS) < share)
    best = np.concatenate([judgement.categories, self_report.categories]) - 1
    answers = leaked(would, best, out, holds, rng)
    found = simulate_sittings(theta, judgement, self_report, responses=answers, eligibility=chances, **shared)
    alarms: list[int | None] = []
    seen = np.full((SITTINGS, facets.size), -1, dtype=np.int8)
    rows, columns = np.nonzero(found.shown >= 0)
    codes = found.shown[rows, columns]
    seen[rows, codes] = answers[rows, codes]
    for items, block in ((judgement, seen[:, : len(judgement)]), (self_report, seen[:, len(judgement) :])):
        standing = estimate_ability(block, items).theta
        for number in range(len(items)):
            at = np.nonzero(block[:, number] >= 0)[0]
            z = answer_residuals(items, np.full(at.size, number), block[at, number], standing[at])
            alarms.append(_first_alarm(z, at))
    return alarms, out


def _first_alarm(residuals: np.ndarray, sittings: np.ndarray) -> int | None:
    """Looking again and again as answers come in, as every night does."""
    for size in range(BASELINE + LOOK_EVERY, residuals.size + 1, LOOK_EVERY):
        if upward_drift(residuals[:size]).is_alarm:
            return int(sittings[size - 1])
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print("| Holders | leaked items caught | sittings until all five, median (worst) | honest items alarmed |")
    print("|---|---|---|---|")
    for share in SHARES:
        caught, delays, false, honest = 0, [], 0, 0
        for seed in range(runs):
            crossed, out = one_run(share, seed)
            if share == 0:
                out[:] = False
            of_leaked = [at - LEAK_AT for at, is_out in zip(crossed, out, strict=True) if is_out and at is not None]
            caught += len(of_leaked)
            if len(of_leaked) == LEAKED:
                delays.append(max(of_leaked))
            false += sum(at is not None for at, is_out in zip(crossed, out, strict=True) if not is_out)
            honest += int((~out).sum())
        until = f"{np.median(delays):.0f} ({max(delays)}), {len(delays)} of {runs} runs" if delays else "–"
        print(
            f"| {share:.0%} | {caught} of {0 if share == 0 else LEAKED * runs} | {until} | {false} of {honest} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
