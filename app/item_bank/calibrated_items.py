"""A calibration as scoring sees it: self-report and judgement apart, because a format is a method factor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.item_bank.models import Calibration, Kind
from scoring.calibration_models import WEAKEST_SLOPE
from scoring.items import ItemParameters

SELF_REPORT = "self_report"
JUDGEMENT = "judgement"


@dataclass(frozen=True, slots=True)
class FittedItems:
    """Parameters of the items of one kind of evidence, row by row in the order of `codes`."""

    codes: tuple[str, ...]
    items: ItemParameters
    standard_errors: Mapping[str, Any] = field(default_factory=dict)  # {"slopes", "thresholds"}, JSON
    log_likelihood: float | None = None
    converged: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalibratedItems:
    """Both kinds of evidence of one calibration; a kind that the bank lacks has no codes and None."""

    self_report_codes: tuple[str, ...]
    self_report: ItemParameters | None
    judgement_codes: tuple[str, ...]
    judgement: ItemParameters | None
    standard_errors: Mapping[str, Any] = field(default_factory=dict, compare=False)  # of `FittedItems`, by kind

    @property
    def codes(self) -> tuple[str, ...]:
        """Every calibrated item, statements first."""
        return self.self_report_codes + self.judgement_codes

    def only(self, kept: Collection[str]) -> CalibratedItems:
        """What is known of some of the items, and how well."""
        statements = [row for row, code in enumerate(self.self_report_codes) if code in kept]
        scenarios = [row for row, code in enumerate(self.judgement_codes) if code in kept]
        errors = {
            kind: {name: [of[row] for row in rows] for name, of in self.standard_errors.get(kind, {}).items()}
            for kind, rows in ((SELF_REPORT, statements), (JUDGEMENT, scenarios))
        }
        return CalibratedItems(
            tuple(self.self_report_codes[row] for row in statements),
            None if self.self_report is None else self.self_report.take(statements),
            tuple(self.judgement_codes[row] for row in scenarios),
            None if self.judgement is None else self.judgement.take(scenarios),
            errors,
        )

    @property
    def informative(self) -> frozenset[str]:
        """Codes of items that responses said something of: with none, or all alike, an item has a slope near 0."""
        kinds = ((self.self_report_codes, self.self_report), (self.judgement_codes, self.judgement))
        return frozenset(
            code
            for codes, items in kinds
            if items is not None
            for code, slope in zip(codes, items.slopes, strict=True)
            if abs(slope) > WEAKEST_SLOPE
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each of `codes`."""
        statements, scenarios = len(self.self_report_codes), len(self.judgement_codes)
        return (Kind.STATEMENT.value,) * statements + (Kind.SCENARIO.value,) * scenarios


def pack(fitted: FittedItems) -> dict[str, Any]:
    """The JSON form of one kind of evidence."""
    return {"codes": list(fitted.codes), "items": fitted.items.to_dict()}


def pack_errors(slopes: NDArray[np.float64], thresholds: NDArray[np.float64]) -> dict[str, Any]:
    """The JSON form of standard errors, which knows no NaN, nor infinity."""
    return {"slopes": _finite(slopes), "thresholds": [_finite(row) for row in thresholds]}


def _finite(row: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in row]


def unpack(calibration: Calibration) -> CalibratedItems:
    """The scoring values of a stored calibration."""
    self_report_codes, self_report = _one_kind(calibration, SELF_REPORT)
    judgement_codes, judgement = _one_kind(calibration, JUDGEMENT)
    return CalibratedItems(self_report_codes, self_report, judgement_codes, judgement, calibration.standard_errors)


def _one_kind(calibration: Calibration, evidence: str) -> tuple[tuple[str, ...], ItemParameters | None]:
    stored = calibration.parameters.get(evidence)
    if stored is None:
        return (), None
    return tuple(stored["codes"]), ItemParameters.from_dict(stored["items"])
