"""The gates before a norm may carry awards, green or red with the figure; grey where nothing here measures it."""

from __future__ import annotations

from typing import Any

from app.norming.bases import PreviewBasis
from app.norming.item_checks import counted_class

GREEN, RED, GREY = "green", "red", "grey"
FEWEST_IN_A_GROUP = 100  # people, for an impact ratio that means something
NOT_MEASURED_HERE = (  # measured elsewhere, or not yet: said, so that nobody takes silence for consent
    "award-share",
    "predictive-value",
    "sensitivity",
    "stated-confidence",
    "half-form-awards",
    "reliability-at-cut",  # of sittings as they end, not of the whole bank
    "exposure",
    "bank-use",
    "signed-key",
    "translation",
)


def gates(basis: PreviewBasis, preview: dict[str, Any]) -> list[dict[str, Any]]:
    """Every gate in a fixed order, each {"gate", "state", "value", "limit"}."""
    norm, policy = basis.norm, basis.policy
    found = [
        _gate("sample-size", norm.n >= policy.awards_from_n, norm.n, policy.awards_from_n),
        _gate(
            "cut-error",
            norm.is_cut_measured and norm.cut_error_in_sd <= policy.largest_cut_standard_error,
            norm.told_cut_error_in_sd,
            policy.largest_cut_standard_error,
        ),
        _gate(
            "influence",
            preview["sensitivity"]["is_within"],
            preview["sensitivity"]["largest"],
            policy.largest_influence,
        ),
        _drift_gate(preview["drift"]),
        _dif_gate(preview["dif"]),
        _impact_gate(preview["impact"]),
    ]
    named = {"sample-too-small", "cut-uncertain"}  # stand above with their figures
    found += [_gate(reason, False, None, None) for reason in norm.gate_reasons if reason not in named]
    return found + [{"gate": name, "state": GREY, "value": None, "limit": None} for name in NOT_MEASURED_HERE]


def _gate(name: str, is_met: bool, value: float | None, limit: float | None) -> dict[str, Any]:
    return {"gate": name, "state": GREEN if is_met else RED, "value": value, "limit": limit}


def _drift_gate(drift: dict[str, Any]) -> dict[str, Any]:
    if not drift["is_known"]:
        return {"gate": "drift", "state": GREY, "value": None, "limit": 0}
    drifted = sum(item["has_drifted"] for item in drift["items"])
    return _gate("drift", drifted == 0, drifted, 0)


def _dif_gate(dif: list[dict[str, Any]]) -> dict[str, Any]:
    if not dif:
        return {"gate": "dif", "state": GREY, "value": None, "limit": 0}
    large = sum(counted_class(entry) == "C" for entry in dif)
    return _gate("dif", large == 0, large, 0)


def _impact_gate(impact: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether every group is large enough for its ratio; the ratio itself is to be looked at, and closes nothing."""
    smallest = min((row["people"] for table in impact for row in table["rows"]), default=None)
    if smallest is None:
        return {"gate": "impact-groups", "state": GREY, "value": None, "limit": FEWEST_IN_A_GROUP}
    return _gate("impact-groups", smallest >= FEWEST_IN_A_GROUP, smallest, FEWEST_IN_A_GROUP)
