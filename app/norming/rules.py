"""Pure decisions: what a norm of this sample may be used for, and when it may take effect."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.norming.policy import NormPolicy

MONTHS_PER_YEAR = 12
CUT_NOT_MEASURED = "cut-not-measured"  # where the answers tell nobody apart, and no error of the cut means anything


class Gate(StrEnum):
    """How far a norm version may speak."""

    NONE = "none"  # theta and band only: no percentile rank
    PROVISIONAL = "provisional"  # a percentile rank that says so; no award
    FULL = "full"


class RollbackReason(StrEnum):
    """Why a norm in force is turned away from."""

    LEAKED_ITEMS = "leaked-items"
    SAMPLE_FAULTY = "sample-faulty"
    NUMBERS_FAULTY = "numbers-faulty"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What is known of the people behind a norm."""

    n: int
    window_start_on: date | None
    window_end_on: date | None
    consent_basis: str | None
    ages_known: bool
    has_judgement: bool
    parameters_estimated: bool  # from responses, not stated by authors


@dataclass(frozen=True, slots=True)
class Standing:
    """The gate, whether awards may rest on it, and every reason against."""

    gate: Gate
    may_certify: bool
    reasons: tuple[str, ...]


def standing(
    facts: SampleFacts, cut_standard_error: float, *, error_at_cut: float, on: date, policy: NormPolicy
) -> Standing:
    """Open or close each gate; `cut_standard_error` in standard deviations of the norm group.

    `error_at_cut` is that with which the answers measure people near the cut, in the composite's units.
    """
    checks = (
        ("sample-too-small", facts.n < policy.awards_from_n),
        ("cut-uncertain", not cut_standard_error <= policy.largest_cut_standard_error),
        (CUT_NOT_MEASURED, not error_at_cut <= policy.largest_error_at_cut),
        ("parameters-not-estimated", not facts.parameters_estimated),  # no policy can open this one
        ("self-report-only", policy.judgement_must_be_measured and not facts.has_judgement),
        ("window-unknown", policy.window_must_be_known and facts.window_start_on is None),
        ("window-too-old", is_too_old(facts.window_start_on, on=on, policy=policy)),
        ("consent-not-stated", policy.consent_must_be_stated and not facts.consent_basis),
        ("ages-unknown", policy.ages_must_be_known and not facts.ages_known),
    )
    reasons = tuple(reason for reason, stands in checks if stands)
    return Standing(gate_of(facts.n, policy), not reasons, reasons)


def gate_of(n: int, policy: NormPolicy) -> Gate:
    """The gate by the number of people alone."""
    if n < policy.percentile_from_n:
        return Gate.NONE
    return Gate.PROVISIONAL if n < policy.awards_from_n else Gate.FULL


def is_too_old(window_start_on: date | None, *, on: date, policy: NormPolicy) -> bool:
    """Whether the first response lies before the rolling window."""
    return window_start_on is not None and window_start_on < months_before(on, policy.window_months)


def months_before(day: date, months: int) -> date:
    """The same day of the month, `months` earlier; the last day where that month is shorter."""
    index = day.year * MONTHS_PER_YEAR + day.month - 1 - months
    year, month = index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def earliest_effect(now: datetime, policy: NormPolicy) -> datetime:
    """The first instant at which a norm scheduled now may take effect."""
    return now + timedelta(hours=policy.activation_delay_hours)


def is_another_person(approver: UUID | None, drafter: UUID | None) -> bool:
    """Four eyes: two people, both known. Roles do not matter here, so changing them does not help."""
    return approver is not None and drafter is not None and approver != drafter
