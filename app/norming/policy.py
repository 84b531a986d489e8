"""When a norm may speak, and when it may certify: policy data, with the shipped values of the founders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.foundation.policies import Bounds


@dataclass(frozen=True, slots=True)
class NormPolicy:
    """Gates of a norm version. A trial issuer may loosen them; then every credential is a specimen."""

    policy_name: ClassVar[str] = "norming"
    tighter: ClassVar[Mapping[str, str]] = {
        "percentile_from_n": "higher",
        "certify_from_n": "higher",
        "largest_cut_standard_error": "lower",
        "largest_error_at_cut": "lower",
        "largest_influence": "lower",
        "window_months": "lower",
        "activation_delay_hours": "higher",
        "youngest_adult_years": "higher",
        "window_must_be_known": "higher",
        "consent_must_be_stated": "higher",
        "ages_must_be_known": "higher",
        "judgement_must_be_measured": "higher",
        "watch_days": "higher",
        "rollback_open_hours": "lower",
        "founding_responses": "higher",
        "pilot_responses": "higher",
        "lowest_pilot_slope": "higher",
        "least_category_share": "higher",
        "largest_infit_distance": "lower",
        "largest_rmsd": "lower",
        "compare_from_n": "higher",
        "largest_founding_shift": "lower",
        "founders_must_be_compared": "higher",
    }
    bounds: ClassVar[Mapping[str, Bounds]] = {"cut_percentile": (1, 99)}
    percentile_from_n: int = 400  # people; at 400 the true share above the cut is 7.1-12.9 %
    certify_from_n: int = 1000  # people
    largest_cut_standard_error: float = 0.08  # standard deviations of the norm group, measurement error included
    # Of measuring people near the cut, in standard deviations of the reference population: above one, the answers say
    # less of where somebody stands than that they belong to it.
    largest_error_at_cut: float = 1.0
    largest_influence: float = 0.05  # standard deviations: shift of the cut if any one block of people is left out
    cut_percentile: float = 90.0  # of the norm group's latent distribution: the mission's top 10 %
    window_months: int = 24  # rolling: current, yet large
    activation_delay_hours: int = 24  # time to notice a mistake
    watch_days: int = 14  # after a norm takes force the desk says what to look at; rolling back stays possible later
    rollback_open_hours: int = 24  # within which a second person confirms a rollback, else it lapses
    youngest_adult_years: int = 18
    window_must_be_known: bool = True
    consent_must_be_stated: bool = True
    ages_must_be_known: bool = True
    judgement_must_be_measured: bool = True  # no award from self-report alone
    founding_responses: int = 300  # usable, of every item, before founding sittings are calibrated
    pilot_responses: int = 300  # usable, of an item in pilot, before it may get parameters
    lowest_pilot_slope: float = 0.7  # of an item in pilot, in logits
    least_category_share: float = 0.03  # of its answers, in each category
    largest_infit_distance: float = 0.3  # from 1
    largest_rmsd: float = 0.08  # of its curve and its answers; true items of 300 answers stay below .05
    founders_must_be_compared: bool = True  # low stakes and high stakes differ
    compare_from_n: int = 200  # first sittings under the norm: the shift then has a standard error of about .08
    largest_founding_shift: float = 0.25  # standard deviations; the 90 % interval of the shift must lie within

    @property
    def awards_from_n(self) -> int:
        """People, for awards: no fewer than for a percentile rank, which every certificate states."""
        return max(self.certify_from_n, self.percentile_from_n)
