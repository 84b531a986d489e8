"""What an exposure cap costs on the Collaboration bank: greatest exposure, share awarded, PPV, sensitivity.

    python benchmarks/exposure.py                     20,000 sittings for each row
    python benchmarks/exposure.py --sittings 5000     fewer

Difficulties are what the authors expect, slopes are invented and named; nothing was chosen to pass.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from scoring.composite import Composite
from scoring.items import ItemParameters
from scoring.simulation import simulate_kinds
from scoring.sitting_simulation import SittingRules, settled_eligibility, simulate_sittings

BANK = Path(__file__).resolve().parents[1] / "item_banks" / "collaboration" / "v2"
CUT = 1.2815515655446004  # 90th percentile of the composite, SD 1 in the norm group
CORRELATION = 0.6
SETTLED_ON = 6_000
STATEMENT_SLOPE = 1.5
SPREAD = 0.15  # of slopes and of items' places
SEED = 5
ROWS = ((None, None), (None, 30), (0.30, None), (0.30, 30), (0.28, 30), (0.25, 30))


def the_bank(scenario_slope: float) -> tuple[ItemParameters, ItemParameters, np.ndarray]:
    """Scenarios, statements, and the facet of each item, scenarios first."""
    expected = yaml.safe_load((BANK / "bank.yaml").read_text(encoding="utf-8"))["prior_parameters"]
    scenarios, statements = (_items(name) for name in ("scenarios.yaml", "items.yaml"))
    names = sorted({row["facet"] for row in (*scenarios, *statements)})
    rng = np.random.default_rng(SEED)
    kinds = (("scenario", scenarios, scenario_slope), ("statement", statements, STATEMENT_SLOPE))
    fitted = [_parameters(rows, expected[kind], slope, rng) for kind, rows, slope in kinds]
    return fitted[0], fitted[1], np.array([names.index(row["facet"]) for row in (*scenarios, *statements)])


def _items(name: str) -> list[dict[str, Any]]:
    content = yaml.safe_load((BANK / name).read_text(encoding="utf-8"))
    return list(next(iter(content.values())) if isinstance(content, dict) else content)


def _parameters(
    rows: list[dict[str, Any]], expected: dict[str, Any], slope: float, rng: np.random.Generator
) -> ItemParameters:
    thresholds = np.array([expected[row["difficulty_intent"]]["thresholds"] for row in rows], dtype=float)
    slopes = slope + SPREAD * rng.standard_normal(len(rows))
    return ItemParameters(slopes, thresholds + SPREAD * rng.standard_normal((len(rows), 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sittings", type=int, default=20_000)
    sittings = parser.parse_args().sittings
    composite = Composite((0.5, 0.5), CORRELATION)
    theta = simulate_kinds(sittings, CORRELATION, np.random.default_rng(8))
    above = theta @ composite.weights >= CUT
    print("| Scenario slopes | aim | first 12 units among | greatest exposure | share awarded | PPV | sensitivity |")
    print("|---|---|---|---|---|---|---|")
    for slope in (1.7, 1.0):
        judgement, self_report, facets = the_bank(slope)
        for aim, early in ROWS:
            rules = SittingRules(cut=CUT, cut_se=0.05, early_best=early)
            shared: dict[str, Any] = {"facets": facets, "composite": composite, "rules": rules}
            chances = None
            if aim is not None:
                people = simulate_kinds(SETTLED_ON, CORRELATION, np.random.default_rng(6))
                chances = settled_eligibility(
                    people, judgement, self_report, goal=aim, rng=np.random.default_rng(1), **shared
                )
            found = simulate_sittings(
                theta, judgement, self_report, eligibility=chances, rng=np.random.default_rng(7), **shared
            )
            print(
                f"| {slope} | {aim or 'none'} | {early or rules.best} | {found.exposure(facets.size).max():.3f} "
                f"| {found.awarded.mean():.3f} | {above[found.awarded].mean():.3f} "
                f"| {found.awarded[above].mean():.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
