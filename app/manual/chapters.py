"""The content of the manual, every figure of it computed from the database; what is not there says "no evidence yet".

Nothing in it depends on the hour or the machine: figures are rounded, norms stand in a fixed order, and its date is
that of the latest norm. So the same database gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.assessment.scored_sittings import first_scores_under
from app.awarding import queries as awarding
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import CalibratedItems
from app.manual.budget import DECIMALS, FEWEST_IN_CELL, Cell, rates
from app.manual.errors import NoNormInForce
from app.monitoring import queries as monitoring
from app.norming import bases
from app.norming.bases import PreviewBasis
from app.norming.item_checks import counted_class
from app.norming.queries import NormView
from scoring.cut_scores import classification_accuracy
from scoring.graded_response import test_information
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_prior
from scoring.reliability import marginal_reliability

NO_EVIDENCE = "no evidence yet"
THETAS = tuple(float(theta) for theta in np.arange(-3.0, 3.01, 0.25))
LEAST_INFORMATION = 1e-9  # far beyond every threshold it is none at all
SAID = (-12.0, 12.0, 2_401)  # thetas: from, to, how many
NEVER_STUDIED = ("retest", "ratings by colleagues", "performance at work", "transfer to other countries")


def chapters(*, session: Session, at: datetime) -> dict[str, Any]:
    """Everything the manual says, as plain JSON.

    Raises
    ------
    NoNormInForce
    """
    found = sorted(monitoring.in_force(session=session), key=lambda norm: (norm.skill, norm.language, norm.label))
    if not found:
        raise NoNormInForce
    watches = {watch.norm.id: watch.seen for watch in monitoring.watches(session=session)}
    confidence = awarding.award_policy(session=session, at=at).award_confidence
    norms = [
        _of_norm(
            bases.basis_of_preview(norm.id, session=session, at=at),
            watches.get(norm.id),
            confidence,
            session=session,
        )
        for norm in found
    ]
    dates = [norm.published_at for norm in found if norm.published_at is not None]
    return {
        "title": "Technical manual of Decile",
        "is_demo": any(norm.demo for norm in found),
        "as_of": max(dates).date().isoformat(),
        "versioned_with": {norm.label: norm.sha256 for norm in found},
        "no_evidence": NO_EVIDENCE,
        "norms": norms,
    }


def _of_norm(
    basis: PreviewBasis, watch: Mapping[str, Any] | None, confidence: float, *, session: Session
) -> dict[str, Any]:
    norm, items = basis.norm, basis.calibrated.items
    skill = item_bank.skill(norm.skill, session=session)
    scores = first_scores_under(norm.id, session=session)
    above = basis.calibrated.probability_above(norm.cut, norm.cut_standard_error, norm.masses)
    return {
        "label": norm.label,
        "skill": norm.skill,
        "language": norm.language,
        "is_demo": norm.demo,
        "purpose": {
            "name": skill.names["en"],
            "definition": skill.definitions.get("en"),
            "is_not": skill.is_not.get("en"),
            "facets": sorted(names.get("en", slug) for slug, names in skill.facets.items()),
        },
        "population": _population(basis),
        "reliability": _reliability(items, norm),
        "precision_in_sittings": _precision(scores),
        "classification": _classification(items, norm),
        "budget": [cell.as_json() for cell in _budget(basis, above, confidence)],
        "norm": _norm(norm),
        "exposure": _exposure(watch),
        "fairness": _fairness(norm.preview),
        "validity": dict.fromkeys(NEVER_STUDIED, NO_EVIDENCE),
        "limits": _limits(norm, basis),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), DECIMALS)


def _population(basis: PreviewBasis) -> dict[str, Any]:
    norm, sample = basis.norm, basis.calibrated.sample
    return {
        "described_as": norm.population["en"],
        "people": norm.n,
        "window": [day.isoformat() if day else None for day in (norm.window_start_on, norm.window_end_on)],
        "instrument": norm.instrument,
        "consent_basis": norm.consent_basis,
        "founding_sittings": norm.is_founding,
        "simulated": norm.demo,
        "statements_and_scenarios": [len(kind.codes) if kind else 0 for kind in (sample.self_report, sample.judgement)],
        "groups": {
            one.name: {
                label or "not known": int(count)
                for label, count in zip(one.labels, np.bincount(one.numbers, minlength=len(one.labels)), strict=True)
            }
            for one in basis.labels
            if not one.is_block
        },
    }


def _kinds(items: CalibratedItems) -> list[tuple[str, ItemParameters]]:
    both = (("judgement", items.judgement), ("self-report", items.self_report))
    return [(kind, parameters) for kind, parameters in both if parameters is not None]


def _reliability(items: CalibratedItems, norm: NormView) -> dict[str, Any]:
    """Of all items of a kind together: what a form can reach, not what a short sitting does."""
    return {
        kind: {
            "items": len(parameters),
            "marginal_reliability": _rounded(marginal_reliability(parameters)),
            "theta": list(THETAS),
            "standard_error": [_rounded(error) for error in 1 / np.sqrt(_information(parameters, np.array(THETAS)))],
            "standard_error_at_the_cut": _rounded(
                float(1 / np.sqrt(_information(parameters, np.array([norm.cut]))[0]))
            ),
        }
        for kind, parameters in _kinds(items)
    }


def _information(items: ItemParameters, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """With that of a N(0, 1) prior, the scale that the kind was calibrated on."""
    return test_information(items, theta) + 1.0


def _precision(scores: tuple[tuple[float, float], ...]) -> dict[str, Any] | str:
    """Standard errors that first sittings under the norm really had."""
    if not scores:
        return NO_EVIDENCE
    errors = np.array([error for _, error in scores])
    quartiles = np.percentile(errors, [25, 50, 75])
    return {"sittings": len(scores), "standard_error_quartiles": [_rounded(value) for value in quartiles]}


def _classification(items: CalibratedItems, norm: NormView) -> dict[str, Any]:
    """Accuracy and consistency if every item of a kind were answered and the EAP decided (Rudner 2005; Lee 2010).

    An EAP is drawn to where the prior is denser: it reaches the cut c where the answers alone say u, as a normal
    likelihood with the test information I(c), and what they say falls around a true theta with variance 1 / I(theta).
    So theta is awarded with Phi((theta - u) sqrt(I(theta))), and stands above the cut from c on.
    """
    table, grid = norm.table, norm.table.grid
    masses = np.diff(table.distribution)
    middle = (grid[1:] + grid[:-1]) / 2
    found = {}
    for kind, parameters in _kinds(items):
        errors = 1 / np.sqrt(np.maximum(test_information(parameters, middle), LEAST_INFORMATION))
        at_cut = float(test_information(parameters, np.array([norm.cut]))[0])
        unshrunk = _unshrunk_cut(norm, max(at_cut, LEAST_INFORMATION))
        seen = classification_accuracy(middle, errors, unshrunk, masses, true_cut=norm.cut)
        found[kind] = {"accuracy": _rounded(seen.accuracy), "consistency": _rounded(seen.consistency)}
    return found


def _unshrunk_cut(norm: NormView, information: float) -> float:
    """What answers have to say by themselves for an EAP at the cut, under the prior that sittings begin from."""
    masses = normal_prior(NODES) if norm.masses is None else np.asarray(norm.masses)
    said = np.linspace(*SAID)
    logs = np.log(masses) - 0.5 * information * (NODES - said[:, None]) ** 2
    posterior = np.exp(logs - logs.max(axis=1, keepdims=True))
    return float(np.interp(norm.cut, posterior @ NODES / posterior.sum(axis=1), said))


def _budget(basis: PreviewBasis, above: NDArray[np.float64], confidence: float) -> list[Cell]:
    """Everybody of the sample, then each group that it knows."""
    cells = [_cell(basis.norm, None, None, above, confidence)]
    for division in basis.labels:
        if not division.is_block:
            cells += [
                _cell(basis.norm, division.name, label or "not known", above[division.numbers == number], confidence)
                for number, label in enumerate(division.labels)
            ]
    return cells


def _cell(
    norm: NormView, division: str | None, group: str | None, above: NDArray[np.float64], confidence: float
) -> Cell:
    if above.size < FEWEST_IN_CELL:
        return Cell(norm.skill, norm.language, norm.label, division, group, above.size, None, None, None)
    return Cell(norm.skill, norm.language, norm.label, division, group, above.size, *rates(above, confidence))


def _norm(norm: NormView) -> dict[str, Any]:
    ranks = norm.table.percentile_rank(np.array(THETAS))
    return {
        "cut": _rounded(norm.cut),
        "cut_standard_error": _rounded(norm.told_cut_error),
        "cut_error_in_sd": _rounded(norm.told_cut_error_in_sd),
        "cut_percentile": norm.cut_percentile,
        "may_certify": norm.may_certify,
        "gate": str(norm.gate),
        "gate_reasons": list(norm.gate_reasons),
        "theta": list(THETAS),
        "percentile_rank": [_rounded(rank) for rank in ranks],
        "sha256": norm.sha256,
    }


def _exposure(watch: Mapping[str, Any] | None) -> dict[str, Any] | str:
    if not watch or not watch["items"]:
        return NO_EVIDENCE
    return {
        "sittings": watch["sittings"],
        "greatest": _rounded(max(row["exposure"] for row in watch["items"])),
        "cap": _rounded(watch["cap"]),
        "overlap": _rounded(watch["overlap"]),
        "items_shown": len(watch["items"]),
    }


def _fairness(preview: Mapping[str, Any] | None) -> dict[str, Any]:
    seen = preview or {}
    impact = [
        {
            "group": table["group"],
            "unknown": table["unknown"],
            "rows": [
                {
                    "label": row["label"],
                    "people": row["people"],
                    "rate": _rounded(row["rate"]),
                    "ratio": _rounded(row["ratio"]),
                    "ratio_interval": [_rounded(end) for end in row["ratio_interval"]]
                    if row["ratio_interval"]
                    else None,
                }
                for row in table["rows"]
            ],
        }
        for table in seen.get("impact", [])
    ]
    dif = seen.get("dif") or []
    drift = seen.get("drift") or {"is_known": False}
    return {
        "impact": impact or NO_EVIDENCE,
        "dif": {name: sum(counted_class(entry) == name for entry in dif) for name in "ABC"} if dif else NO_EVIDENCE,
        "drifted_items": sorted(item["item"] for item in drift["items"] if item["has_drifted"])
        if drift["is_known"]
        else NO_EVIDENCE,
        "influence": _rounded(seen["sensitivity"]["largest"]) if "sensitivity" in seen else NO_EVIDENCE,
    }


def _limits(norm: NormView, basis: PreviewBasis) -> list[str]:
    said = ["Sittings are taken unsupervised, and identity is checked only where the mode says so."]
    if norm.demo:
        said.append("DEMO: the people behind this norm are simulated. It says nothing about anybody.")
    if basis.calibrated.sample.judgement is None:
        said.append("Self-report only: nothing about situations was asked, so no certificate rests on it.")
    if not norm.may_certify:
        said.append(f"No certificate rests on this norm: {', '.join(norm.gate_reasons)}.")
    said.append("Nobody has shown that this score predicts performance at work.")
    return said
