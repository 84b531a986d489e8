"""Adaptive sittings: how long a step takes, how fast sittings are simulated, and how right the decisions are.

    python benchmarks/adaptive.py                     100,000 sittings on each bank
    python benchmarks/adaptive.py --sittings 20000    fewer

A step is: add a response to the posterior, read P(composite >= cut) and judgement's share, ask the stopping rule,
choose the next item under content balance and an exposure mask. catsim's estimator and selector, on as many
two-category items, run beside it.

Decisions are simulated under the rule as shipped, facets balanced, exposure capped at .30; without the cap beside it.
Banks are drawn once, from a fixed seed; slopes, priors and gates were never chosen to pass, and a gate that is missed
says by how much.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from catsim import ItemBank
from catsim.estimation import NumericalSearchEstimator
from catsim.selection import MaxInfoSelector

from scoring.composite import Composite
from scoring.graded_response import category_probabilities, item_information
from scoring.items import ItemParameters
from scoring.normal import NODES
from scoring.selection import information_tables, next_item
from scoring.simulation import simulate_kinds
from scoring.sitting_simulation import SimulatedSittings, SittingRules, simulate_sittings
from scoring.stopping import decide

SEED = 20_261_123
CUT = 1.2815515655446004  # 90th percentile of the composite, SD 1 in the norm group
FACETS = 4
CAP = 0.30
CATEGORIES = np.array([-1.3, -0.4, 0.4, 1.3])  # thresholds about an item's middle, logits
NO_ITEMS = ItemParameters(np.empty(0), np.empty((0, 1)))
SHIPPED = SittingRules(cut=CUT)
EARLY = 30  # of which the first twelve units are drawn; the shipped 4 is beside it
ONE_KIND = replace(SHIPPED, fewest_scenarios=0, fewest_statements=0, least_judgement_share=0.0)
STEPS = 40
RUNS = 40
ONE_GATES = {"share": (0.095, 0.105), "PPV": (0.92, 1), "sensitivity": (0.90, 1), "units": (0, 16)}
TWO_GATES = {"share": (0.09, 0.105), "PPV": (0.85, 1), "sensitivity": (0.78, 1), "judgement": (0.5, 1)}
TOLERANCE = 0.02  # of a stated probability


def graded(items: int, slope: float, rng: np.random.Generator) -> ItemParameters:
    """Five categories, slopes about `slope`, middles N(0, 1): nothing is placed at the cut."""
    middles = rng.standard_normal(items)
    return ItemParameters(rng.lognormal(np.log(slope), 0.2, items), middles[:, None] + CATEGORIES)


def quantiles(seconds: list[float]) -> str:
    p50, p99, worst = (1e3 * np.quantile(seconds, q) for q in (0.5, 0.99, 1.0))
    return f"p50 {p50:6.3f} ms   p99 {p99:6.3f} ms   worst {worst:6.3f} ms"


def timed_steps(rng: np.random.Generator) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds of wall and of processor time of every step of some sittings, ours and catsim's."""
    scenarios, statements = graded(100, 1.0, rng), graded(200, 1.5, rng)
    composite = Composite((0.5, 0.5), 0.5)
    pair, tables = (scenarios, statements), information_tables(scenarios, statements)
    likelihoods = [np.log(category_probabilities(items, NODES)) for items in pair]
    kinds = np.repeat([0, 1], [100, 200])
    facets = np.arange(300) % FACETS
    wall: list[float] = []
    own: list[float] = []
    for run in range(RUNS):
        draw = np.random.default_rng([SEED, run])
        thetas = rng.standard_normal(2) + 0.8
        available = draw.random(300) < 0.6
        logs = [np.zeros(NODES.size), np.zeros(NODES.size)]
        heard = [False, False]
        facet_counts, kind_counts = np.zeros(FACETS, dtype=np.int64), np.zeros(2, dtype=np.int64)
        answer: tuple[int, np.ndarray] | None = None
        for _ in range(STEPS):
            began, began_own = time.perf_counter(), time.process_time()
            if answer is not None:
                logs[answer[0]] = logs[answer[0]] + answer[1]
            posterior = composite.posterior(*(log if any_ else None for log, any_ in zip(logs, heard, strict=True)))
            decide(
                posterior.probability_above(CUT, 0.05), units=int(kind_counts.sum()), scenarios=int(kind_counts[0]),
                statements=int(kind_counts[1]), is_balanced=True, judgement_share=posterior.judgement_share,
                fewest_units=12, fewest_scenarios=5, fewest_statements=5, certain_above=0.95, certain_below=0.02,
                most_units=40, most_units_undecided=60, undecided_from=0.2, undecided_to=0.8,
                least_judgement_share=0.5,
            )  # fmt: skip
            item = next_item(
                posterior, scenarios, statements, kinds=kinds, available=available, facets=facets,
                facet_counts=facet_counts, kind_counts=kind_counts, cut=CUT, best=4, tables=tables, rng=draw,
            )  # fmt: skip
            own.append(time.process_time() - began_own)
            wall.append(time.perf_counter() - began)
            if item is None:
                break
            kind, row = int(kinds[item]), int(item if item < 100 else item - 100)
            chances = category_probabilities(pair[kind].take([row]), [thetas[kind]])[0, 0]
            answer = kind, likelihoods[kind][:, row, draw.choice(5, p=chances / chances.sum())]
            heard[kind] = True
            available[item] = False
            facet_counts[facets[item]] += 1
            kind_counts[kind] += 1
    return {"scoring, 300 graded items, two kinds": (wall, own), **catsim_steps()}


def catsim_steps() -> dict[str, tuple[list[float], list[float]]]:
    bank = ItemBank.generate_item_bank(300, itemtype="2PL", seed=SEED)
    selector, estimator = MaxInfoSelector(), NumericalSearchEstimator()
    found: dict[str, tuple[list[float], list[float]]] = {}
    for name, with_estimator in (("catsim, 300 2PL items, selector", False), ("catsim, estimator and selector", True)):
        wall: list[float] = []
        own: list[float] = []
        for run in range(RUNS // 2):
            rng = np.random.default_rng([SEED, run])
            shown: list[int] = [int(rng.integers(300))]
            answers: list[bool] = [True]
            theta = 0.0
            for _ in range(STEPS // 2):
                began, began_own = time.perf_counter(), time.process_time()
                if with_estimator:
                    theta = estimator.estimate(
                        item_bank=bank, administered_items=shown, response_vector=answers, est_theta=theta
                    )
                item = selector.select(item_bank=bank, administered_items=shown, est_theta=theta)
                own.append(time.process_time() - began_own)
                wall.append(time.perf_counter() - began)
                shown.append(int(item))
                answers.append(bool(rng.random() < 0.5))
        found[name] = (wall, own)
    return found


def stated_against_true(found: SimulatedSittings, above: np.ndarray) -> tuple[float, float, list[str]]:
    """Greatest difference over tenths of the stated probability, that in standard errors, and every tenth."""
    rows, worst, certain = [], 0.0, 0.0
    for low in np.arange(0, 1, 0.1):
        held = (found.probability >= low) & (found.probability < low + 0.1 + 1e-9 * (low > 0.85))
        if held.sum() < 30:
            continue
        stated, true = float(found.probability[held].mean()), float(above[held].mean())
        error = float(np.sqrt(max(stated * (1 - stated), 1e-4) / held.sum()))
        rows.append(f"{stated:.3f}/{true:.3f} ±{1.96 * error:.3f} (n {held.sum()})")
        if abs(stated - true) > worst:
            worst, certain = abs(stated - true), abs(stated - true) / error
    return worst, certain, rows


def judged(
    name: str, found: SimulatedSittings, above: np.ndarray, items: int, gates: dict[str, tuple[float, float]]
) -> None:
    worst, certain, rows = stated_against_true(found, above)
    exposure = found.exposure(items, since=found.units.size // 2)
    figures = {
        "share": found.awarded.mean(),
        "PPV": above[found.awarded].mean(),
        "sensitivity": found.awarded[above].mean(),
        "units": found.units.mean(),
        "judgement": found.judgement_share[found.awarded].min() if found.awarded.any() else 0.0,
    }
    print(f"{name}")
    for what, value in figures.items():
        if what in gates:
            low, high = gates[what]
            short = max(low - value, value - high, 0.0)
            verdict = "met" if short == 0 else f"MISSED by {short:.3f}"
            bound = f">= {low}" if high == 1 else f"<= {high}" if low == 0 else f"{low} … {high}"
            print(f"    {what:<12}{value:8.3f}   {bound:<14}{verdict}")
    print(
        f"    units: mean {found.units.mean():.1f}, median {np.median(found.units):.0f}, "
        f"p95 {np.quantile(found.units, 0.95):.0f}, of the true top decile {found.units[above].mean():.1f}; "
        f"scenarios {found.scenarios.mean():.1f}"
    )
    print(
        f"    exposure: greatest {exposure.max():.3f}, bank used {(exposure > 0).mean():.0%}; "
        f"mean judgement share of awards {found.judgement_share[found.awarded].mean():.3f}"
    )
    verdict = "met" if worst <= TOLERANCE else f"MISSED by {worst - TOLERANCE:.3f}"
    print(f"    stated against true: worst tenth {worst:.3f} ({certain:.1f} standard errors)   <= .02   {verdict}")
    print("        " + "; ".join(rows))
    reasons, counts = np.unique(found.reason, return_counts=True)
    print("    ends: " + ", ".join(f"{r} {c / found.units.size:.1%}" for r, c in zip(reasons, counts, strict=True)))


def clocked(run: Callable[[], SimulatedSittings]) -> SimulatedSittings:
    began, began_own = time.perf_counter(), time.process_time()
    found = run()
    print(
        f"    [{time.perf_counter() - began:.1f} s by the clock, {time.process_time() - began_own:.1f} s of one core]"
    )
    return found


def one_dimension(sittings: int) -> None:
    rng = np.random.default_rng(SEED)
    bank = graded(300, 1.5, rng)
    theta = np.repeat(rng.standard_normal((sittings, 1)), 2, axis=1)
    composite = Composite((0.0, 1.0), 0.0)
    for cap, early in ((CAP, EARLY), (CAP, SHIPPED.best), (None, SHIPPED.best)):
        rules = replace(ONE_KIND, early_best=early)
        found = clocked(
            lambda cap=cap, rules=rules: simulate_sittings(
                theta, NO_ITEMS, bank, facets=np.arange(300) % FACETS, composite=composite, rules=rules,
                exposure_cap=cap, rng=np.random.default_rng([SEED, 1]),
            )
        )  # fmt: skip
        name = f"one dimension, 300 items, exposure cap {cap}, first units among {early}"
        judged(name, found, theta[:, 1] >= CUT, 300, ONE_GATES)


def launch_shaped(sittings: int, slope: float, cap: float | None) -> None:
    rng = np.random.default_rng([SEED, 2])
    scenarios, statements = graded(30, slope, rng), graded(60, 1.5, rng)
    told = item_information(scenarios, [CUT]).mean()
    for correlation in (0.3, 0.5, 0.7, 0.9):
        composite = Composite((0.5, 0.5), correlation)
        theta = simulate_kinds(sittings, correlation, np.random.default_rng([SEED, 3]))
        found = clocked(
            lambda composite=composite, theta=theta: simulate_sittings(
                theta, scenarios, statements, facets=np.concatenate([np.arange(30), np.arange(60)]) % FACETS,
                composite=composite, rules=SHIPPED, exposure_cap=cap, rng=np.random.default_rng([SEED, 4]),
            )
        )  # fmt: skip
        name = f"launch: 30 scenarios (information {told:.2f} each), 60 statements, r = {correlation}, cap {cap}"
        judged(name, found, theta @ composite.weights >= CUT, 90, TWO_GATES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sittings", type=int, default=100_000)
    sittings = parser.parse_args().sittings
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {sittings} sittings each\n")
    for name, (wall, own) in timed_steps(np.random.default_rng(SEED)).items():
        print(f"{name:<40} by the clock  {quantiles(wall)}\n{'':<40} of one core   {quantiles(own)}")
    print()
    simulate_sittings(  # compiles
        np.zeros((2, 2)), graded(8, 1, np.random.default_rng(1)), graded(8, 1, np.random.default_rng(1)),
        facets=np.arange(16) % FACETS, composite=Composite((0.5, 0.5), 0.5), rules=SHIPPED,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    one_dimension(sittings)
    for slope, cap in ((1.0, CAP), (1.0, None), (1.5, CAP), (0.7, CAP)):
        launch_shaped(sittings, slope, cap)


if __name__ == "__main__":
    main()
