"""Norm cards for everyone, and the norm desk for the two people whom a norm takes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.foundation.errors import DecileError, Invalid
from app.foundation.web.asker import actor, notice
from app.foundation.web.gates import asks_for_proof, require_role
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.problems import status_of
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form
from app.item_bank import queries as banks
from app.norming import founders_compared, pictures, queries, recalibrations
from app.norming.approve_norm import approve_norm
from app.norming.ask_for_rollback import ask_for_rollback
from app.norming.calibration_errors import RecalibrationUnderWay
from app.norming.cancel_recalibration import cancel_recalibration
from app.norming.choice_errors import DayInvalid, WindowReversed
from app.norming.compare_sittings import compare_sittings
from app.norming.errors import NormNotFound, NotPreviewed, RollbackReasonNeeded
from app.norming.publish_norm import publish_norm
from app.norming.renewing_people import MOST_NAMED, renewing_people
from app.norming.roll_back_norm import roll_back_norm
from app.norming.rollbacks_done import latest_rollback
from app.norming.rules import RollbackReason
from app.norming.sample_errors import SampleUnknown
from app.norming.schedule_norm import schedule_norm
from app.norming.sent_choice import choice_of
from app.norming.start_recalibration import start_preview, start_recalibration
from app.norming.stop_norm import LONGEST_REASON, stop_norm

bp = Blueprint("norming", __name__)

EDITOR, APPROVER = "norm_editor", "norm_approver"
SUPPORT = "support"  # may read the names of candidates; who norms may not
REASONS = frozenset(RollbackReason)
REFRESH_SECONDS = 3


@bp.get("/norms")
def public_norms() -> str:
    """Every norm that is or was in force."""
    with runtime().reading() as session:
        found = queries.norms(session=session, public_only=True)
        names = {slug: banks.skill(slug, session=session).names for slug in {one.skill for one in found}}
    return render_template("norming/public_norms.html", norms=found, names=names)


@bp.get("/norms/<uuid:norm_id>")
def public_norm(norm_id: UUID) -> str:
    """One norm's card, with the table behind it."""
    with runtime().reading() as session:
        norm = queries.norm(norm_id, session=session)
        if not norm.is_public:
            raise NormNotFound(norm_id)
        names = banks.skill(norm.skill, session=session).names
        rolled_back = latest_rollback(norm_id, session=session)
    return render_template(
        "norming/public_norm.html",
        norm=norm,
        rolled_back=rolled_back,
        names=names,
        distribution=pictures.distribution_of(norm),
        ranks=pictures.ranks_of(norm, norm.label),
    )


@bp.get("/norms/<uuid:norm_id>.json")
def public_norm_json(norm_id: UUID) -> ResponseReturnValue:
    """The norm's whole content and its hash, so that anyone can recompute a percentile rank and the cut."""
    with runtime().reading() as session:
        return readable_everywhere(jsonify(queries.content(norm_id, session=session)))


@bp.get("/desk/norms")
@require_role(EDITOR, APPROVER)
def norm_desk() -> str:
    """Every norm version, the recalibrations of late, and what a new one can be made from."""
    with runtime().reading() as session:
        found = queries.norms(session=session)
        skills = recalibrations.skills_with_sample(session=session)
        latest = recalibrations.latest(session=session)
        named = {*skills, *(one.skill for one in latest), *(one.skill for one in found)}
        names = {slug: banks.skill(slug, session=session).names for slug in named}
    return render_template("norming/desk.html", norms=found, skills=skills, recalibrations=latest, names=names)


@bp.get("/desk/norms/<uuid:norm_id>")
@require_role(EDITOR, APPROVER)
def norm_card(norm_id: UUID) -> str:
    """One version with its preview and the next step."""
    with runtime().reading() as session:
        norm = queries.norm(norm_id, session=session)
        drafter = accounts.person(norm.drafted_by, session=session)
        approver = accounts.person(norm.approved_by, session=session) if norm.approved_by else None
        now = runtime().clock.now()
        rollback = queries.rollback_of(norm_id, session=session, at=now)
        former = queries.former(norm_id, session=session)
        rolled_back = latest_rollback(norm_id, session=session)
        by_two = (rolled_back.asked_by, rolled_back.confirmed_by) if rolled_back else ()
        asker_and_confirmer = [accounts.person(one, session=session) for one in by_two]
        watched_until = queries.watched_until(norm, session=session, at=now)
        waits = founders_compared.awards_wait(norm_id, session=session, at=now)
        compared = founders_compared.comparison_of(norm_id, session=session)
        to_compare = founders_compared.sittings_to_compare(norm_id, session=session, at=now)
        stopped = queries.stop_of(norm_id, session=session)
        earliest = queries.earliest_effect(session=session, at=now)
        has_moved_on = queries.has_moved_on(norm, session=session)
        has_outgrown_window = queries.has_outgrown_window(norm, session=session, at=now)
    is_due = norm.takes_effect_at is not None and norm.takes_effect_at <= now
    return render_template(
        "norming/card.html",
        norm=norm,
        drafter=drafter,
        approver=approver,
        is_due=is_due,
        rollback=rollback,
        former=former,
        rolled_back=rolled_back,
        asker_and_confirmer=asker_and_confirmer,
        watched_until=watched_until,
        reasons=[str(reason) for reason in RollbackReason],
        waits=waits,
        compared=compared,
        to_compare=to_compare,
        stopped=stopped,
        earliest=earliest,
        has_moved_on=has_moved_on,
        has_outgrown_window=has_outgrown_window,
        longest_reason=LONGEST_REASON,
        typed=typed_form(),
    )


@bp.get("/desk/norms/<uuid:norm_id>/preview")
@require_role(EDITOR, APPROVER)
def norm_preview(norm_id: UUID) -> str:
    """Everything a preview found: the line, renewals, groups, items, sensitivity, gates."""
    names = None
    with runtime().reading() as session:
        norm = queries.norm(norm_id, session=session)
        has_moved_on = queries.has_moved_on(norm, session=session)
        if SUPPORT in actor().roles and norm.preview is not None:
            newly, no_longer = renewing_people(norm_id, session=session, at=runtime().clock.now())
            names = [[accounts.person(one, session=session) for one in people] for people in (newly, no_longer)]
    if norm.preview is None or "gates" not in norm.preview:
        raise NotPreviewed(norm.label)
    return render_template(
        "norming/preview.html",
        norm=norm,
        has_moved_on=has_moved_on,
        seen=norm.preview,
        names=names,
        most_named=MOST_NAMED,
        pictures=pictures.of_preview(norm.preview, norm.label),
    )


@bp.post("/desk/norms/<uuid:norm_id>/preview")
@require_role(EDITOR, APPROVER)
def preview(norm_id: UUID) -> ResponseReturnValue:
    """Let the worker compare a draft with the norm in force."""
    here = runtime()
    with here.transaction() as session:
        recalibration_id = start_preview(
            norm_id, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=actor()
        )
    return redirect(url_for(".recalibration_page", recalibration_id=recalibration_id), code=303)


@bp.get("/desk/norms/recalibrate/<skill>")
@require_role(EDITOR, APPROVER)
def choose_data(skill: str) -> str:
    """Whose responses a new norm of a skill is to be made from."""
    return _data_page(skill)


def _data_page(skill: str, refusal: DecileError | None = None) -> str:
    """The page; after a `refusal`, said beside the field at fault, what was chosen stands again."""
    with runtime().reading() as session:
        described = banks.skill(skill, session=session)
        samples = recalibrations.samples_of(skill, session=session)
    return render_template(
        "norming/choose_data.html",
        skill=described,
        samples=samples,
        refusal=refusal,
        at_fault=_field_at_fault(refusal),
        typed=request.form,
    )


def _field_at_fault(refusal: DecileError | None) -> str:
    if isinstance(refusal, DayInvalid):
        return refusal.bound
    return "until" if isinstance(refusal, WindowReversed) else "source"


@bp.post("/desk/norms/recalibrate/<skill>")
@require_role(EDITOR)
def recalibrate(skill: str) -> ResponseReturnValue:
    """Begin a recalibration; the worker goes through its phases."""
    here = runtime()
    tools: dict[str, Any] = {"clock": here.clock, "entropy": here.entropy, "jobs": here.jobs, "actor": actor()}
    try:
        with here.transaction() as session:
            recalibration_id = start_recalibration(skill, choice_of(request.form), session=session, **tools)
    except (Invalid, SampleUnknown, RecalibrationUnderWay) as refusal:
        return _data_page(skill, refusal), status_of(refusal)
    return redirect(url_for(".recalibration_page", recalibration_id=recalibration_id), code=303)


@bp.get("/desk/norms/recalibrations/<uuid:recalibration_id>")
@require_role(EDITOR, APPROVER)
def recalibration_page(recalibration_id: UUID) -> ResponseReturnValue:
    """How far it is. While it lasts the page loads itself again, unless the reader holds it still (WCAG 2.2.2)."""
    with runtime().reading() as session:
        found = recalibrations.recalibration(recalibration_id, session=session)
        person = accounts.person(found.asked_by, session=session)
        skill = banks.skill(found.skill, session=session)
    is_still = "still" in request.args or not found.is_open
    page = render_template("norming/recalibration.html", found=found, skill=skill, person=person, is_still=is_still)
    return page if is_still else (page, {"Refresh": str(REFRESH_SECONDS)})


@bp.post("/desk/norms/recalibrations/<uuid:recalibration_id>/cancel")
@require_role(EDITOR, APPROVER)
def cancel(recalibration_id: UUID) -> ResponseReturnValue:
    """Stop it."""
    here = runtime()
    with here.transaction() as session:
        cancel_recalibration(recalibration_id, session=session, clock=here.clock, actor=actor())
    notice(_("The recalibration is cancelled. The norm in force stays as it is."))
    return redirect(url_for(".recalibration_page", recalibration_id=recalibration_id), code=303)


@bp.post("/desk/norms/<uuid:norm_id>/approve")
@require_role(APPROVER)
@asks_for_proof("norming.norm_card")
def approve(norm_id: UUID) -> ResponseReturnValue:
    """Approve as the second person."""
    with runtime().transaction() as session:
        norm = approve_norm(norm_id, seen_sha256=_seen(), session=session, clock=runtime().clock, actor=actor())
    notice(_("Norm %(label)s is approved. It can be scheduled now.", label=norm.label))
    return _to_card(norm_id)


@bp.post("/desk/norms/<uuid:norm_id>/schedule")
@require_role(EDITOR, APPROVER)
@asks_for_proof("norming.norm_card")
def schedule(norm_id: UUID) -> ResponseReturnValue:
    """Let an approved norm take effect as soon as the delay allows."""
    with runtime().transaction() as session:
        norm = schedule_norm(norm_id, session=session, clock=runtime().clock, actor=actor())
    notice(_("Norm %(label)s is scheduled. Sittings started after it takes effect will use it.", label=norm.label))
    return _to_card(norm_id)


@bp.post("/desk/norms/<uuid:norm_id>/stop")
@require_role(EDITOR, APPROVER)
@asks_for_proof("norming.norm_card", keeps=("reason",))
def stop(norm_id: UUID) -> ResponseReturnValue:
    """Stop an approved or scheduled norm before it takes effect."""
    reason = request.form.get("reason", "")
    with runtime().transaction() as session:
        norm = stop_norm(norm_id, reason, session=session, clock=runtime().clock, actor=actor())
    notice(_("Norm %(label)s is stopped. Nothing takes effect until it is approved anew.", label=norm.label))
    return _to_card(norm_id)


@bp.post("/desk/norms/<uuid:norm_id>/publish")
@require_role(EDITOR, APPROVER)
@asks_for_proof("norming.norm_card")
def publish(norm_id: UUID) -> ResponseReturnValue:
    """Publish a scheduled norm whose hour has come."""
    with runtime().transaction() as session:
        norm = publish_norm(norm_id, session=session, clock=runtime().clock, actor=actor())
    notice(_("Norm %(label)s is published. Sittings that start now use it.", label=norm.label))
    return _to_card(norm_id)


@bp.post("/desk/norms/<uuid:norm_id>/rollback")
@require_role(EDITOR, APPROVER)
@asks_for_proof("norming.norm_card")
def ask_rollback(norm_id: UUID) -> ResponseReturnValue:
    """Ask, as the first person, that the former norm take force again."""
    here, reason = runtime(), request.form.get("reason", "")
    if reason not in REASONS:
        raise RollbackReasonNeeded(sorted(REASONS))
    with here.transaction() as session:
        ask_for_rollback(
            norm_id, RollbackReason(reason), session=session, clock=here.clock, entropy=here.entropy, actor=actor()
        )
    notice(_("The rollback is asked for. Nothing has changed yet: another person confirms it."))
    return _to_card(norm_id)


@bp.post("/desk/norms/<uuid:norm_id>/rollback/confirm")
@require_role(APPROVER)
@asks_for_proof("norming.norm_card")
def confirm_rollback(norm_id: UUID) -> ResponseReturnValue:
    """Confirm it as the second person; the former norm is in force at once."""
    with runtime().transaction() as session:
        restored = roll_back_norm(norm_id, seen_sha256=_seen(), session=session, clock=runtime().clock, actor=actor())
    notice(_("Norm %(label)s is in force again. Sittings that start now use it.", label=restored.label))
    return _to_card(restored.id)


def _seen() -> str:
    """The fingerprint on the page that was sent from."""
    return request.form.get("sha256", "")


@bp.post("/desk/norms/<uuid:norm_id>/compare")
@require_role(EDITOR, APPROVER)
def compare(norm_id: UUID) -> ResponseReturnValue:
    """Compare the founders behind the norm with those who sat under it."""
    here = runtime()
    with here.transaction() as session:
        found = compare_sittings(
            norm_id, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=actor()
        )
    if found.holds:
        notice(_("The comparison holds. The decisions that waited are being made."))
    else:
        notice(_("The comparison does not hold, so decisions go on waiting."))
    return _to_card(norm_id)


def _to_card(norm_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".norm_card", norm_id=norm_id), code=303)
