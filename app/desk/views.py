"""The item desk: the bank, one item, a review of it, and the steps of its life."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.assessment import item_reports
from app.assessment.judge_report import KEPT, SUSPENDED, judge_report
from app.desk import founding, item_pages, item_pictures
from app.foundation.web.asker import LANGUAGES, actor, language_of_request, notice
from app.foundation.web.gates import require_role
from app.foundation.web.process import runtime
from app.foundation.web.typed import keeps_typed, typed_form
from app.item_bank.change_item_state import change_item_state
from app.item_bank.errors import ReasonMissing, StepUnknown
from app.item_bank.item_states import ItemState
from app.item_bank.review_item import ASPECTS, aspect_named, review_item

bp = Blueprint("desk", __name__)

EDITOR = "item_editor"
NORM_STAFF = ("norm_editor", "norm_approver")
READERS = (EDITOR, *NORM_STAFF)
FINDINGS = {"approve": True, "object": False}


@bp.get("/desk/items")
@require_role(*READERS)
def bank() -> str:
    """The items of one skill, filtered."""
    filters = {name: request.args.get(name, "") for name in ("skill", *item_pages.FIELDS)}
    with runtime().reading() as session:
        page = item_pages.bank_page(filters, session=session, at=runtime().clock.now())
    return render_template("desk/items.html", page=page, filters=filters, states=tuple(ItemState))


@bp.get("/desk/items/<uuid:item_id>")
@require_role(*READERS)
def item(item_id: UUID) -> str:
    """One item with its life and its figures."""
    return _item_page(item_id)


def _item_page(item_id: UUID, problem: str = "") -> str:
    """The page; after a form that lacked something, what was typed stands again, the `problem` beside its field."""
    with runtime().reading() as session:
        page = item_pages.item_page(item_id, actor().person_id, session=session, at=runtime().clock.now())
    points = [point for figures in page.statistics.values() for point in figures.points]
    known = page.parameters
    names = (_("expected by the model"), _("observed"))
    return render_template(
        "desk/item.html",
        page=page,
        card=page.card,
        problem=problem,
        typed=typed_form(asks_proof=False),
        aspects=ASPECTS,
        expected=item_pictures.expected_category(known, sorted(points), names) if known else None,
        information=item_pictures.information(known, _("information")) if known else None,
    )


@bp.get("/desk/items/<uuid:item_id>/suspension")
@require_role(*READERS)
def suspension(item_id: UUID) -> str:
    """What a suspension would touch, before anybody decides."""
    return _suspension_page(item_id, tuple(request.args.getlist("of_language")), request.args.get("report", type=UUID))


def _suspension_page(
    item_id: UUID, languages: tuple[str, ...], report_id: UUID | None = None, problem: str = ""
) -> str:
    with runtime().reading() as session:
        page = item_pages.suspension_page(item_id, languages, session=session, at=runtime().clock.now())
    reason = request.values.get("reason", "")
    return render_template(
        "desk/suspension.html", page=page, card=page.card, reason=reason, report_id=report_id, problem=problem
    )


@bp.post("/desk/items/<uuid:item_id>/state")
@require_role(EDITOR)
@keeps_typed("desk.item", "state", "language", "reason")
def change_state(item_id: UUID) -> ResponseReturnValue:
    """Take the item a step further. To suspend it, its preview is shown first."""
    form = request.form
    state, languages, reason = _state(form.get("state", "")), form.getlist("language"), form.get("reason", "")
    if not languages:  # all of them, to the use case; whoever ticked none did not say so
        return _item_page(item_id, "language"), 422
    if state is ItemState.SUSPENDED and form.get("previewed") != "yes":
        return redirect(url_for(".suspension", item_id=item_id, of_language=languages, reason=reason), code=303)
    try:
        with runtime().transaction() as session:
            moved = change_item_state(
                item_id,
                state,
                reason=reason,
                languages=languages,
                session=session,
                clock=runtime().clock,
                actor=actor(),
            )
    except ReasonMissing:
        if form.get("previewed") == "yes":
            return _suspension_page(item_id, tuple(languages), problem="reason"), 422
        return _item_page(item_id, "reason"), 422
    notice(_("The state is changed, and the reason is on record.") if moved else _("It was in that state already."))
    return redirect(url_for(".item", item_id=item_id), code=303)


def _state(name: str) -> ItemState:
    if name not in set(ItemState):
        raise StepUnknown(name)
    return ItemState(name)


@bp.post("/desk/items/<uuid:item_id>/reviews")
@require_role(EDITOR)
@keeps_typed("desk.item", "aspect", "finding", "comment", "independent")
def review(item_id: UUID) -> ResponseReturnValue:
    """Keep what a reviewer found."""
    form, here = request.form, runtime()
    name, _colon, language = form.get("aspect", "").partition(":")
    try:
        with here.transaction() as session:
            review_item(
                item_id,
                aspect_named(name),
                language=language or None,
                is_approved=FINDINGS[_chosen(form.get("finding", ""), FINDINGS)],
                comment=form.get("comment", ""),
                declares_independence=form.get("independent") == "yes",
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                actor=actor(),
            )
    except ReasonMissing:
        return _item_page(item_id, "comment"), 422
    notice(_("Your review is on record."))
    return redirect(url_for(".item", item_id=item_id), code=303)


def _chosen(name: str, among: Collection[str]) -> str:
    """What the form says, if it is one of these: a choice that is missing decides nothing."""
    if name not in among:
        raise StepUnknown(name)
    return name


@bp.post("/desk/items/<uuid:item_id>/reports/<uuid:report_id>")
@require_role(EDITOR)
@keeps_typed("desk.item", "report", "reason")
def judge(item_id: UUID, report_id: UUID) -> ResponseReturnValue:
    """Judge a candidate's report of this item. Before it suspends, the preview is shown."""
    form = request.form
    is_suspended = _chosen(form.get("verdict", ""), (KEPT, SUSPENDED)) == SUSPENDED
    reason = form.get("reason", "")
    with runtime().reading() as session:
        reported = item_reports.report(report_id, of_item=item_id, session=session)
    if is_suspended and form.get("previewed") != "yes":
        about = {"of_language": reported.language, "report": str(report_id), "reason": reason}
        return redirect(url_for(".suspension", item_id=item_id, **about), code=303)  # type: ignore[arg-type]
    try:
        with runtime().transaction() as session:
            judge_report(
                report_id,
                SUSPENDED if is_suspended else KEPT,
                reason=reason,
                session=session,
                clock=runtime().clock,
                actor=actor(),
            )
    except ReasonMissing:
        if is_suspended:
            return _suspension_page(item_id, (reported.language,), report_id, "reason"), 422
        return _item_page(item_id, f"report {report_id}"), 422
    notice(_("The report is judged, and the reason is on record."))
    return redirect(url_for(".item", item_id=item_id), code=303)


@bp.get("/desk/founding")
@require_role(*NORM_STAFF)
def founding_desk() -> str:
    """Every skill, and how far it is from its first real certificate."""
    with runtime().reading() as session:
        found = founding.checklists(language_of_request(), session=session, at=runtime().clock.now())
    return render_template("desk/founding.html", checklists=found)


@bp.get("/desk/founding/<slug>")
@require_role(*NORM_STAFF)
def founding_skill(slug: str) -> str:
    """One skill: the checklist in each language of its items."""
    now = runtime().clock.now()
    with runtime().reading() as session:
        found = [founding.checklist(slug, language, session=session, at=now) for language in LANGUAGES]
    return render_template("desk/founding_skill.html", checklists=found, skill=found[0].skill)
