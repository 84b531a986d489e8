"""How long a sitting is, what it must contain, and when another may begin: data with a version, never constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypedDict

from app.foundation.policies import SHARE, Bounds, PolicyInvalid

LIKELY: Bounds = (0.0001, 0.9999)  # of what is estimated nothing is ever quite certain
AT_LEAST_ONE: Bounds = (1, 1_000_000_000)
WEIGHT_SUM_TOLERANCE = 1e-9


class StoppingLimits(TypedDict):
    """What `scoring.stopping.decide`, and the simulation of sittings, know of the policy, by their own names."""

    fewest_units: int
    fewest_scenarios: int
    fewest_statements: int
    certain_above: float
    certain_below: float
    most_units: int
    most_units_undecided: int
    undecided_from: float
    undecided_to: float
    least_judgement_share: float


@dataclass(frozen=True, slots=True)
class SittingPolicy:
    """Lengths are in scored units: a statement, or a scenario with all its ratings."""

    policy_name: ClassVar[str] = "sitting"
    tighter: ClassVar[Mapping[str, str]] = {
        "fewest_units": "higher",
        "fewest_scenarios": "higher",
        "fewest_statements": "higher",
        "fewest_facet_share": "higher",
        "fewest_judgement_share": "higher",
        "fewest_units_for_result": "higher",
        "well_measured_reliability": "higher",
    }
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "fewest_units": AT_LEAST_ONE,
        "certain_above": (0.5, LIKELY[1]),
        "certain_below": (LIKELY[0], 0.5),
        "undecided_above": LIKELY,
        "undecided_below": LIKELY,
        "fewest_facet_share": (0, 0.25),  # a skill has four facets: with more for each, no sitting could be balanced
        "fewest_judgement_share": SHARE,
        "composite_weights": SHARE,
        "kinds_correlation": (-0.99, 0.99),  # as `scoring.composite` takes it
        "choose_among": AT_LEAST_ONE,
        "early_choose_among": AT_LEAST_ONE,
        "fewest_units_for_result": AT_LEAST_ONE,
        "well_measured_reliability": SHARE,
        "most_statement_overlap": SHARE,
        "retention_per_month": SHARE,
        "band_percent": (1, 99),
    }
    fewest_units: int = 12
    fewest_scenarios: int = 5
    fewest_statements: int = 5
    certain_above: float = 0.95  # P(composite >= cut): long sittings only for people near the cut
    certain_below: float = 0.02
    most_units: int = 40  # fatigue, exposure
    most_units_undecided: int = 60
    undecided_above: float = 0.20
    undecided_below: float = 0.80
    fewest_facet_share: float = 0.20
    fewest_judgement_share: float = 0.50  # of the composite's effective information
    most_scenarios: int = 20  # reading load, and some stay unseen for a retake
    composite_weights: tuple[float, ...] = (0.5, 0.5)  # judgement, self-report; on standardised thetas
    kinds_correlation: float = 0.5  # between the two thetas, where no calibration has told it
    choose_among: int = 4  # the best few items, one of them drawn: exposure
    early_choose_among: int = 30  # the same before the fewest units, where everybody passes; from calibration on
    exposure_cap: float = 0.30  # greatest share of sittings that may show an item: a worn item is a leaked one
    exposure_aim: float = 0.28  # what calibration aims at, so that chance leaves items under the cap
    fewest_units_for_result: int = 10
    well_measured_reliability: float = 0.80  # COTAN: sufficient for important decisions; below, pages say so
    resume_days: int = 7
    resume_grace_minutes: int = 10  # beyond these days, for an answer on its way over a bad line
    first_wait_days: int = 30  # practice effects
    later_wait_days: int = 90
    most_sittings: int = 3
    limit_months: int = 12
    most_begun_per_day: int = 8  # in all skills, void and empty ones too: who begins more collects questions
    scenario_repeat_months: int = 6
    most_statement_overlap: float = 0.20  # share of the former sitting's statements: of the last with a result
    retention_per_month: float = 0.97  # rho: how much of a former sitting's posterior a retake starts from
    band_percent: int = 90
    founding_statements: int = 10  # a fixed, balanced form while a skill has no norm
    founding_scenarios: int = 8
    pilot_units: int = 2  # unscored, asked to try out new items; none where no item is in pilot
    most_reports: int = 3  # of one sitting: each takes an item out of it, and choosing one's items is not the point
    usual_units: int = 20  # said before the start: most people answer fewer
    idle_notice_minutes: int = 5  # untouched for so long, the page says that nothing is lost
    honesty_statement: str = "1"  # which wording is shown and recorded
    statement_seconds: int = 12  # for the guide of minutes alone; a guess until timings are collected
    scenario_seconds: int = 50

    def __post_init__(self) -> None:
        """Refuse values that cannot be meant together."""
        if len(self.composite_weights) != 2 or abs(sum(self.composite_weights) - 1) > WEIGHT_SUM_TOLERANCE:
            raise PolicyInvalid("Policy sitting: composite_weights must be two numbers that sum to 1.")
        if not self.fewest_units <= self.most_units <= self.most_units_undecided:
            raise PolicyInvalid("Policy sitting: fewest_units <= most_units <= most_units_undecided must hold.")
        if not 0 < self.exposure_aim <= self.exposure_cap <= 1:
            raise PolicyInvalid("Policy sitting: 0 < exposure_aim <= exposure_cap <= 1 must hold.")

    def stopping_limits(self) -> StoppingLimits:
        """When a sitting ends: the same limits for a real one and for those that a calibration simulates."""
        return StoppingLimits(
            fewest_units=self.fewest_units,
            fewest_scenarios=self.fewest_scenarios,
            fewest_statements=self.fewest_statements,
            certain_above=self.certain_above,
            certain_below=self.certain_below,
            most_units=self.most_units,
            most_units_undecided=self.most_units_undecided,
            undecided_from=self.undecided_above,
            undecided_to=self.undecided_below,
            least_judgement_share=self.fewest_judgement_share,
        )
