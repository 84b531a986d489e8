"""An invented bank, and a sitting on it that is run to its end as the application runs one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scoring.composite import Composite, CompositePosterior
from scoring.graded_response import category_probabilities, log_likelihood
from scoring.items import ItemParameters
from scoring.selection import information_tables, next_item
from scoring.stopping import decide

FACETS = 4
CUT, CUT_SE = 1.2815515655446004, 0.06
POLICY = {
    "fewest_units": 12,
    "fewest_scenarios": 5,
    "fewest_statements": 5,
    "certain_above": 0.95,
    "certain_below": 0.02,
    "most_units": 40,
    "most_units_undecided": 60,
    "undecided_from": 0.20,
    "undecided_to": 0.80,
    "least_judgement_share": 0.50,
}
FACET_SHARE = 0.2
MOST_SCENARIOS = 20


@dataclass(frozen=True)
class InventedBank:
    """Scenarios first, then statements; facets in turn."""

    judgement: ItemParameters
    self_report: ItemParameters

    @classmethod
    def of(cls, scenarios: int, statements: int, *, seed: int = 7) -> InventedBank:
        rng = np.random.default_rng(seed)

        def graded(size: int, slope: float) -> ItemParameters:
            middle = rng.normal(0.8, 0.7, size)
            return ItemParameters(rng.lognormal(np.log(slope), 0.2, size), middle[:, None] + [-1.3, -0.4, 0.4, 1.3])

        return cls(graded(scenarios, 1.1), graded(statements, 1.6))

    @property
    def kinds(self) -> np.ndarray:
        return np.repeat([0, 1], [len(self.judgement), len(self.self_report)])

    @property
    def facets(self) -> np.ndarray:
        return np.arange(self.kinds.size) % FACETS

    def row(self, item: int) -> int:
        """Row of an item in its kind's parameters."""
        return item if item < len(self.judgement) else item - len(self.judgement)


@dataclass
class Sitting:
    """What was shown and answered, and how it ended."""

    bank: InventedBank
    composite: Composite
    shown: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    reason: str = ""

    @property
    def kind_counts(self) -> np.ndarray:
        return np.bincount(self.bank.kinds[self.shown].astype(int), minlength=2)

    @property
    def facet_counts(self) -> np.ndarray:
        return np.bincount(self.bank.facets[self.shown].astype(int), minlength=FACETS)

    @property
    def is_balanced(self) -> bool:
        return bool((self.facet_counts >= FACET_SHARE * len(self.shown) - 1e-9).all())

    def posterior(self) -> CompositePosterior:
        logs = []
        for kind, items in enumerate((self.bank.judgement, self.bank.self_report)):
            own = [(self.bank.row(item), code) for item, code in zip(self.shown, self.codes, strict=True)
                   if self.bank.kinds[item] == kind]  # fmt: skip
            rows, codes = zip(*own, strict=True) if own else ((), ())
            logs.append(log_likelihood([codes], items.take(rows), self.composite.nodes)[0] if own else None)
        return self.composite.posterior(*logs)


def run_sitting(
    bank: InventedBank, composite: Composite, theta: tuple[float, float], *, seed: int, cut: float | None = CUT
) -> Sitting:
    """One sitting of a person with these thetas; the same seed gives the same sitting."""
    sitting = Sitting(bank, composite)
    answers = np.random.default_rng([seed, 1])
    tables = information_tables(bank.judgement, bank.self_report)
    available = np.ones(bank.kinds.size, dtype=bool)
    while True:
        posterior = sitting.posterior()
        decision = decide(
            None if cut is None else posterior.probability_above(cut, CUT_SE),
            units=len(sitting.shown),
            scenarios=int(sitting.kind_counts[0]),
            statements=int(sitting.kind_counts[1]),
            is_balanced=sitting.is_balanced,
            judgement_share=posterior.judgement_share,
            **POLICY,
        )
        item = None if decision.stop else next_item(
            posterior,
            bank.judgement,
            bank.self_report,
            kinds=bank.kinds,
            available=available,
            facets=bank.facets,
            facet_counts=sitting.facet_counts,
            kind_counts=sitting.kind_counts,
            cut=cut,
            facet_share=FACET_SHARE,
            most_scenarios=MOST_SCENARIOS,
            best=3,
            tables=tables,
            rng=np.random.default_rng([seed, 2, len(sitting.shown)]),
        )  # fmt: skip
        if item is None:
            sitting.reason = decision.reason or "bank exhausted"
            return sitting
        kind = int(bank.kinds[item])
        parameters = (bank.judgement, bank.self_report)[kind].take([bank.row(item)])
        chances = category_probabilities(parameters, [theta[kind]])[0, 0]
        sitting.shown.append(item)
        sitting.codes.append(int(answers.choice(chances.size, p=chances / chances.sum())))
        available[item] = False
