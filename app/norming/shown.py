"""A norm version in lines for a terminal and in JSON for a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.norming.queries import NormView
from app.norming.recalibrations import RecalibrationView

REASONS = {
    "sample-too-small": "too few people for awards",
    "cut-uncertain": "the cut is too uncertain for awards",
    "cut-not-measured": "the cut lies where the answers tell nobody apart",
    "self-report-only": "self-report only: no answers about situations",
    "window-unknown": "not known when the responses were collected",
    "window-too-old": "the responses are older than the window allows",
    "consent-not-stated": "consent basis not stated",
    "parameters-not-estimated": "item parameters stated by their authors, estimated from nobody's answers",
    "ages-unknown": "ages of the people not known",
}

GATE_STATES = {"green": "met", "red": "not met", "grey": "not measured here"}


def norm_as_json(norm: NormView) -> dict[str, Any]:
    """Everything but the table, which `/norms/<id>.json` gives."""
    instants = (
        "drafted_at",
        "previewed_at",
        "approved_at",
        "takes_effect_at",
        "published_at",
        "superseded_at",
        "restored_at",
    )
    return {
        "id": str(norm.id),
        "label": norm.label,
        "state": str(norm.state),
        "skill": norm.skill,
        "language": norm.language,
        "population": dict(norm.population),
        "n": norm.n,
        "window": [day.isoformat() if day else None for day in (norm.window_start_on, norm.window_end_on)],
        "cut": norm.cut,
        "cut_standard_error": norm.told_cut_error,
        "cut_error_in_sd": norm.told_cut_error_in_sd,
        "cut_percentile": norm.cut_percentile,
        "composite": dict(norm.composite),
        "demo": norm.demo,
        "gate": str(norm.gate),
        "may_certify": norm.may_certify,
        "gate_reasons": list(norm.gate_reasons),
        "instrument": norm.instrument,
        "consent_basis": norm.consent_basis,
        "file_sha256": norm.file_sha256,
        "sha256": norm.sha256,
        "preview": dict(norm.preview) if norm.preview else None,
        **{name: _instant(getattr(norm, name)) for name in instants},
    }


def _instant(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


def norm_as_lines(norm: NormView) -> str:
    """The card as text."""
    window = f"{norm.window_start_on} to {norm.window_end_on}" if norm.window_start_on else "unknown"
    lines = [
        f"Norm {norm.label} ({norm.id}): {norm.state}{', DEMO' if norm.demo else ''}",
        f"  skill      {norm.skill}, in {norm.language}",
        f"  people     {norm.population['en']}, N = {norm.n}, window {window}",
        *_cut_lines(norm),
        f"  rank       {'yes' if norm.gives_percentile_rank else 'no'}{', provisional' if norm.is_provisional else ''}",
        f"  certify    {'yes' if norm.may_certify else 'no'}",
        *(f"    - {REASONS.get(reason, reason)}" for reason in norm.gate_reasons),
        f"  sha256     {norm.sha256}",
    ]
    return "\n".join(lines + _preview_lines(norm))


def _cut_lines(norm: NormView) -> tuple[str, str]:
    if norm.told_cut_error is None:
        return f"  cut        {norm.cut:.4f}, percentile {norm.cut_percentile:g}", "  cut error  not measured"
    return (
        f"  cut        {norm.cut:.4f} ± {norm.told_cut_error:.4f}, percentile {norm.cut_percentile:g}",
        f"  cut error  {norm.told_cut_error_in_sd:.4f} standard deviations of the group",
    )


def recalibration_as_json(one: RecalibrationView) -> dict[str, Any]:
    """How far it is, and what its phases found."""
    steps = [
        {"phase": str(step.phase), "began_at": _instant(step.began_at), "ended_at": _instant(step.ended_at)}
        for step in one.steps
    ]
    return {
        "id": str(one.id),
        "skill": one.skill,
        "choice": one.choice.as_json(),
        "progress": str(one.progress),
        "phase": str(one.phase),
        "steps": steps,
        "found": dict(one.found),
        "norm_id": str(one.norm_id) if one.norm_id else None,
        "asked_at": _instant(one.asked_at),
        "ended_at": _instant(one.ended_at),
        "reason": one.reason,
    }


def recalibration_as_line(one: RecalibrationView) -> str:
    """One line for a list."""
    phases = f"{one.done} of {len(one.phases)} phases"
    return f"{one.id}  {one.progress:10} {one.skill}  {phases}, {one.phase}  asked {one.asked_at:%Y-%m-%d %H:%M} UTC"


def _preview_lines(norm: NormView) -> list[str]:
    if norm.preview is None:
        return []
    seen, former = norm.preview, norm.preview["former"]
    lines = [f"  would be above the cut: {seen['above']} of {seen['people']} ({100 * seen['share_above']:.2f} %)"]
    if former is not None:
        before = f"cut {former['cut']:.4f}, {100 * former['share_above']:.2f} %"
        lines += [
            f"  in force at the preview, {former['label']}: {before}",
            f"  newly above {former['newly_above']}, no longer above {former['no_longer_above']}",
        ]
    return lines + _forecast_lines(seen) if "gates" in seen else lines


def _forecast_lines(seen: Mapping[str, Any]) -> list[str]:
    renewals, sensitivity, drift = seen["renewals"], seen["sensitivity"], seen["drift"]
    before = "" if renewals["above_before"] is None else f"{renewals['above_before']} before and "
    above = f"{before}{renewals['above_after']} with this norm"
    lines = [
        f"  sittings of the last {renewals['days']} days: {renewals['sittings']}, above the cut: {above}",
        f"  largest influence of one block: {sensitivity['largest']:.4f} SD (at most {sensitivity['limit']:g})",
    ]
    if renewals["newly_above"] is not None:
        lines.append(f"  at renewal: {renewals['newly_above']} newly above, {renewals['no_longer_above']} no longer")
    drifted = [item["item"] for item in drift["items"] if item["has_drifted"]]
    lines.append(f"  drifted items: {', '.join(drifted) or 'none' if drift['is_known'] else 'not known'}")
    lines += [
        f"  nobody scored {', '.join(map(str, item['unused']))} in {item['item']}: compared without"
        for item in drift["items"]
        if item.get("unused")  # previews of former releases do not say
    ]
    return lines + [f"  gate {gate['gate']}: {GATE_STATES[gate['state']]}" for gate in seen["gates"]]
