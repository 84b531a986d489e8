"""A sample's own parameters, estimated freely, and where they lie on the base scale: the link, and drift by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from app.item_bank.calibrated_items import CalibratedItems, pack_errors
from app.norming.samples import KindOfEvidence, Sample, answered_by
from scoring.calibration_parts import PartsHere, Placing
from scoring.errors import ScoringError
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_prior
from scoring.responses import MISSING, ResponseMatrix

if TYPE_CHECKING:
    from scoring.calibration import StandardErrors
    from scoring.linking import Link
    from scoring.purified_linking import PurifiedLink

FEWEST_COMMON_ITEMS = 3
TOO_MANY_TO_MISS = 10.0  # expected choices: that none came is then no chance (e^-10), nor a tail that is not normal
LARGEST_SHOWN_Z = 999.0  # where all other items agree exactly, any drift is without bounds


@dataclass(frozen=True, slots=True, eq=False)
class FreeFit:
    """The items that a sample has in common with the base scale, estimated as if there were none.

    `counts` says how often each category of the base scale was chosen, (items, categories); `standard_errors` are
    those of `items` in their JSON form, empty for one begun before they were kept.
    """

    kind: str
    codes: tuple[str, ...]
    items: ItemParameters
    counts: NDArray[np.int64]
    log_likelihood: float
    standard_errors: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As kept between phases; the numbers come back bit by bit."""
        thresholds = [[float(b) if np.isfinite(b) else None for b in row] for row in self.items.thresholds]
        return {
            "kind": self.kind,
            "codes": list(self.codes),
            "slopes": [float(a) for a in self.items.slopes],
            "thresholds": thresholds,
            "counts": self.counts.tolist(),
            "log_likelihood": self.log_likelihood,
            "standard_errors": dict(self.standard_errors),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The same again."""
        thresholds: NDArray[np.float64] = np.array(kept["thresholds"], dtype=float)
        items = ItemParameters(np.array(kept["slopes"]), thresholds)
        chosen = np.ones((len(items), int(items.categories.max())))  # for one begun before counts were kept
        counts = np.array(kept.get("counts", chosen), dtype=np.int64)
        errors = kept.get("standard_errors", {})
        return cls(kept["kind"], tuple(kept["codes"]), items, counts, kept["log_likelihood"], errors)

    def linked_to(self, scale: CalibratedItems) -> PurifiedLink:
        """The link to the parameters in use, through the items that did not drift."""
        from scoring.purified_linking import purified_link  # noqa: PLC0415  scipy: seconds no other page may pay

        base, errors = self._base(scale), self._errors(scale)
        linked = purified_link(self.items, base, errors=errors)
        whole = ~self._lost_a_category(linked.link, base)
        if whole.all() or whole.sum() < FEWEST_COMMON_ITEMS:
            return linked
        return purified_link(self.items, base, errors=errors, among=whole)

    def drift_from(self, linked: PurifiedLink, scale: CalibratedItems) -> list[dict[str, Any]]:
        """How far each item lies from where the others say it should, in plain numbers.

        An item is compared by the thresholds that both know. `unused` are its categories that nobody chose; where the
        base scale expects them to be chosen, the item has drifted wherever its other thresholds lie.
        """
        screen, base = linked.screen, self._base(scale)
        has_drifted = screen.has_drifted | self._lost_a_category(linked.link, base)
        unused = self._unused(base)
        return [
            {
                "item": code,
                "kind": self.kind,
                "slope_drift": float(screen.slope_drift[k]),
                "location_drift": float(screen.location_drift[k]),
                "robust_z": float(min(screen.worst[k], LARGEST_SHOWN_Z)),
                "has_drifted": bool(has_drifted[k]),
                "is_anchor": bool(linked.is_anchor[k]),
                "unused": np.flatnonzero(unused[k]).tolist(),
            }
            for k, code in enumerate(self.codes)
        ]

    def _base(self, scale: CalibratedItems) -> ItemParameters:
        return of_kind(self.kind, scale)[1].take(self._rows(scale))

    def _errors(self, scale: CalibratedItems) -> tuple[StandardErrors, StandardErrors] | None:
        """Standard errors of these items and of the same on the base scale, where both are known."""
        of_base = scale.standard_errors.get(self.kind)
        if not self.standard_errors or not of_base:
            return None
        return _unpacked(self.standard_errors, range(len(self.codes))), _unpacked(of_base, self._rows(scale))

    def _rows(self, scale: CalibratedItems) -> list[int]:
        place = {code: row for row, code in enumerate(of_kind(self.kind, scale)[0])}
        return [place[code] for code in self.codes]

    def _unused(self, base: ItemParameters) -> NDArray[np.bool_]:
        exists = np.arange(self.counts.shape[1]) < base.categories[:, None]
        return np.asarray(exists & (self.counts == 0))

    def _lost_a_category(self, link: Link, base: ItemParameters) -> NDArray[np.bool_]:
        """Items of which nobody chose a category that the base scale expects so many to choose that it is gone."""
        from scoring.graded_response import category_probabilities  # noqa: PLC0415  as above

        shares = np.tensordot(normal_prior(NODES), category_probabilities(base, link.theta(NODES)), axes=1)
        expected = self.counts.sum(axis=1, keepdims=True) * shares[:, : self.counts.shape[1]]
        return np.asarray((self._unused(base) & (expected >= TOO_MANY_TO_MISS)).any(axis=1))


def _unpacked(errors: Mapping[str, Any], rows: Sequence[int]) -> StandardErrors:
    """Some rows of what `pack_errors` packed; items with fewer categories may have shorter ones."""
    from scoring.calibration import StandardErrors  # noqa: PLC0415  as above

    width = max(len(row) for row in errors["thresholds"])
    thresholds = [[*errors["thresholds"][row], *[None] * width][:width] for row in rows]
    slopes = [errors["slopes"][row] for row in rows]
    return StandardErrors(np.array(slopes, dtype=float), np.array(thresholds, dtype=float))


def of_kind(kind: str, scale: CalibratedItems) -> tuple[tuple[str, ...], ItemParameters]:
    """Codes and parameters in use for one kind of evidence, which must have some."""
    judgement = (scale.judgement_codes, scale.judgement)
    codes, parameters = judgement if kind == "judgement" else (scale.self_report_codes, scale.self_report)
    if parameters is None:
        raise ScoringError(f"The base scale has no {kind.replace('_', ' ')} items.")
    return codes, parameters


def kinds_of(sample: Sample, scale: CalibratedItems) -> list[tuple[str, KindOfEvidence]]:
    """Each kind of evidence that the sample has and the scale knows."""
    both = (("judgement", sample.judgement, scale.judgement), ("self_report", sample.self_report, scale.self_report))
    return [(kind, evidence) for kind, evidence, known in both if evidence is not None and known is not None]


def fitted_freely(sample: Sample, scale: CalibratedItems, placing: Placing = PartsHere) -> list[FreeFit]:
    """Each kind of evidence estimated on this sample alone.

    Raises
    ------
    ScoringError
        Where a kind has too few items in common with the scale, or cannot be estimated.
    """
    return [_fitted(kind, evidence, scale, placing) for kind, evidence in kinds_of(sample, scale)]


def _fitted(kind: str, evidence: KindOfEvidence, scale: CalibratedItems, placing: Placing) -> FreeFit:
    from scoring.calibration import calibrate  # noqa: PLC0415  as above
    from scoring.unused_categories import with_unused_above  # noqa: PLC0415

    codes, parameters = of_kind(kind, scale)
    column = {code: place for place, code in enumerate(evidence.codes)}
    answers = evidence.responses.codes[answered_by(evidence)]
    rows = [row for row, code in enumerate(codes) if code in column and (answers[:, column[code]] != MISSING).any()]
    if len(rows) < FEWEST_COMMON_ITEMS:
        raise ScoringError(f"{len(rows)} items in common are too few to link.")
    base = parameters.take(rows)
    known = np.minimum(answers[:, [column[codes[row]] for row in rows]], (base.categories - 1).astype(np.int8))
    fit = calibrate(ResponseMatrix(known), placing=placing)
    if not fit.converged:
        raise ScoringError("The parameters could not be estimated on this sample.")
    items = with_unused_above(fit.items, base.categories)
    counts = np.stack([(known == category).sum(axis=0) for category in range(int(base.categories.max()))], axis=1)
    errors = pack_errors(fit.standard_errors.slopes, fit.standard_errors.thresholds)
    return FreeFit(kind, tuple(codes[row] for row in rows), items, counts, float(fit.log_likelihood), errors)


def drift_report(fits: Sequence[FreeFit], scale: CalibratedItems) -> dict[str, Any]:
    """Drift of every item, or why it is not known."""
    try:
        found = [entry for fit in fits for entry in fit.drift_from(fit.linked_to(scale), scale)]
    except ScoringError as problem:
        return not_known(str(problem))
    return {"is_known": True, "reason": None, "items": found}


def not_known(reason: str = "sample-set-the-scale") -> dict[str, Any]:
    """The report where there is nothing to compare, by default because the sample set the scale itself."""
    return {"is_known": False, "reason": reason, "items": []}
