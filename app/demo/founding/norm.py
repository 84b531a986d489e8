"""The founders' answers become a norm as any sample does: calibrated, drafted, previewed, approved by another person.

The gates are read as shipped first. Where one does not hold, the log says by how much, the trial issuer loosens it to
what was found, and the norm is drafted again under that policy; the first draft stays as it was.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.demo.cast import APPROVER, EDITOR
from app.demo.founding.run import LANGUAGE, FoundingRun
from app.demo.founding.trial import loosen, outwards
from app.foundation import policies
from app.foundation.access import operator
from app.norming import phases
from app.norming import queries as norms
from app.norming.approve_norm import approve_norm
from app.norming.draw_founding_sample import draw_founding_sample
from app.norming.effort import Effort
from app.norming.policy import NormPolicy
from app.norming.publish_norm import publish_norm
from app.norming.queries import NormView
from app.norming.release_gates import GREEN, GREY
from app.norming.schedule_norm import schedule_norm


def make_norm(effort: Effort, run: FoundingRun) -> NormView:
    """The norm in force at the end."""
    _calibrate(effort, run)
    norm = _drafted(run)
    changes = _gates_that_fail(norm, run)
    if changes:
        lines = run.act(lambda session: loosen(NormPolicy, session=session, at=run.clock.now(), **changes))
        for line in lines:
            run.log(f"Gate: {line}")
        norm = _drafted(run)
    return _published(norm, run)


def _calibrate(effort: Effort, run: FoundingRun) -> None:
    runtime = run.stage.runtime
    sample = run.act(
        lambda session: draw_founding_sample(
            run.skill, LANGUAGE, simulated=True, session=session, clock=run.clock, entropy=runtime.entropy,
            actor=operator(),
        ).n
    )  # fmt: skip
    run.log(f"The sample is drawn: the first sittings of {sample} founders, complete ones alone.")
    run_id = phases.calibrate(
        run.skill, database=runtime.database, clock=run.clock, entropy=runtime.entropy, actor=operator(), effort=effort
    )
    with runtime.reading() as session:
        fitted = norms.run(run_id, session=session)
    run.log(f"Calibrated, both kinds converged.{fitted.summary}")


def _drafted(run: FoundingRun) -> NormView:
    """Drafted by one admin and previewed; the log says what the gates show."""
    runtime = run.stage.runtime
    run.clock.wait(days=1)
    editor = run.admin(EDITOR)
    norm_id = phases.draft(run.skill, database=runtime.database, clock=run.clock, entropy=runtime.entropy, actor=editor)
    phases.preview(norm_id, database=runtime.database, clock=run.clock, actor=operator())
    norm = _norm(norm_id, run)
    run.log(
        f"{EDITOR.display_name} drafts {norm.label}: {norm.n} people, cut {norm.cut:.3f}, "
        f"SE of the cut {norm.cut_error_in_sd:.3f} SD."
    )
    gates = (norm.preview or {})["gates"]
    run.log(f"Gates of {norm.label}: " + "; ".join(_said(gate) for gate in gates if gate["state"] != GREY) + ".")
    run.log("Not measured by the preview: " + ", ".join(gate["gate"] for gate in gates if gate["state"] == GREY) + ".")
    return norm


def _norm(norm_id: UUID, run: FoundingRun) -> NormView:
    with run.stage.runtime.reading() as session:
        return norms.norm(norm_id, session=session)


def _said(gate: dict[str, Any]) -> str:
    figures = "" if gate["value"] is None else f" {gate['value']:.4g} against {gate['limit']:.4g}"
    return f"{gate['gate']}{figures} {'holds' if gate['state'] == GREEN else 'FAILS'}"


def _gates_that_fail(norm: NormView, run: FoundingRun) -> dict[str, Any]:
    """New values for the gates that closed the draft, each just wide enough."""
    with run.stage.runtime.reading() as session:
        policy = policies.current(NormPolicy, session=session, at=run.clock.now())
    changes: dict[str, Any] = {}
    if norm.n < policy.certify_from_n:
        changes["certify_from_n"] = norm.n
    if norm.n < policy.percentile_from_n:
        changes["percentile_from_n"] = norm.n
    if norm.cut_error_in_sd > policy.largest_cut_standard_error:
        changes["largest_cut_standard_error"] = outwards(norm.cut_error_in_sd)
    sensitivity = (norm.preview or {})["sensitivity"]
    if not sensitivity["is_within"]:
        changes["largest_influence"] = outwards(sensitivity["largest"])
    return changes


def _published(norm: NormView, run: FoundingRun) -> NormView:
    run.clock.wait(days=1)
    approver = run.admin(APPROVER)
    run.act(
        lambda session: (
            approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=run.clock, actor=approver).label
        )
    )
    run.log(f"{APPROVER.display_name} approves {norm.label}.")
    effect = run.act(
        lambda session: schedule_norm(norm.id, session=session, clock=run.clock, actor=operator()).takes_effect_at
    )
    run.clock.instant = effect or run.clock.instant
    run.act(lambda session: publish_norm(norm.id, session=session, clock=run.clock, actor=operator()).label)
    found = _norm(norm.id, run)
    run.log(f"{found.label} is published; may certify: {'yes' if found.may_certify else 'no'}; demo.")
    return found
