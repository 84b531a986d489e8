"""The candidate's pages: start, one item at a time, leave, done. They work without JavaScript."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.accounts.make_device_link import make_device_link
from app.accounts.pending_sign_ins import has_used_device_link
from app.accounts.record_consent import record_consent
from app.assessment import checks, pages, queries
from app.assessment.answers import checked, is_whole
from app.assessment.decide_check import decide_check
from app.assessment.declare_adjustments import declare_adjustments
from app.assessment.errors import PositionClosed, ResponseInvalid, SittingClosed, SittingExpired, TooManyReports
from app.assessment.leave_sitting import leave_sitting
from app.assessment.practice import practice_page
from app.assessment.record_response import Recorded, foresee, record_response
from app.assessment.record_takeover import record_takeover
from app.assessment.report_item import LONGEST_WORDS, PROBLEMS, report_item
from app.assessment.start_sitting import start_sitting
from app.foundation.access import SignInNeeded
from app.foundation.web.asker import actor, browser_token, language_of_request, notice, prefers_json
from app.foundation.web.gates import require_role, require_signed_in
from app.foundation.web.limits import limit_beginnings, note_beginning
from app.foundation.web.process import runtime
from app.foundation.web.typed import keeps_typed, typed_form
from app.item_bank import queries as item_bank

bp = Blueprint("assessment", __name__)

LONGEST_NUMBER = 4  # digits

Answer = Any  # what Flask takes: a page, a page with its status, or a response


def _own_id() -> UUID:
    person_id = actor().person_id
    if person_id is None:
        raise SignInNeeded
    return person_id


@bp.get("/practice/<int:position>")
def practice_item(position: int) -> str:
    """An item to try the screen with; no account, nothing kept."""
    return render_template("assessment/practice.html", page=practice_page(position, language_of_request()))


@bp.post("/practice/<int:position>")
def practise(position: int) -> Answer:
    """Look at the choice as at a real one, forget it, and go on."""
    value = _value_of_form()
    page = practice_page(position, language_of_request(), value)
    if not is_whole(checked(page.item, value)):
        problem = _("Please answer first, as you would have to in an assessment. Nothing is kept here.")
        return render_template("assessment/practice.html", page=page, problem=problem), 422
    if page.position == page.count:
        return redirect(url_for("assessment.practised"), code=303)
    return redirect(url_for("assessment.practice_item", position=position + 1), code=303)


@bp.get("/practice/done")
def practised() -> str:
    """The end of the practice, and the way to a skill."""
    return render_template("assessment/practised.html")


@bp.get("/skills/<slug>/start")
@require_signed_in
def start_page(slug: str) -> str:
    """What is said before the start."""
    return _start_form(slug, ())


def _start_form(slug: str, problems: tuple[str, ...]) -> str:
    language, clock = language_of_request(), runtime().clock
    with runtime().reading() as session:
        page = pages.start_page(_own_id(), slug, language, session=session, at=clock.now())
        skill = item_bank.skill(slug, session=session)
    return render_template("assessment/start.html", page=page, skill=skill, problems=problems)


@bp.post("/skills/<slug>/start")
@limit_beginnings
@require_signed_in
def start(slug: str) -> Answer:
    """Record the consents given on this page, then begin or go on."""
    problems = _missing_words(slug)
    if problems:
        return _start_form(slug, problems), 422
    here = runtime()
    with here.transaction() as session:
        for kind, version in _consents_ticked().items():
            record_consent(
                _own_id(), kind, version, session=session, clock=here.clock, entropy=here.entropy, actor=actor()
            )
        started = start_sitting(
            _own_id(),
            slug,
            language_of_request(),
            honesty_statement=request.form.get("honesty"),
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
        )
    if started.is_new:
        note_beginning()
    return redirect(url_for("assessment.sitting_page", sitting_id=started.sitting_id), code=303)


def _consents_ticked() -> dict[str, int]:
    """Kind and version of every consent box ticked."""
    boxes = {
        name.removeprefix("consent_"): value for name, value in request.form.items() if name.startswith("consent_")
    }
    return {
        kind: int(version) for kind, version in boxes.items() if version.isdecimal() and len(version) <= LONGEST_NUMBER
    }


def _missing_words(slug: str) -> tuple[str, ...]:
    """What the form still lacks, so that the page can say it beside the box instead of refusing the whole."""
    with runtime().reading() as session:
        page = pages.start_page(_own_id(), slug, language_of_request(), session=session, at=runtime().clock.now())
    if page.open_sitting is not None:
        return ()
    lacks_consent = not page.has_consented and "assessment" not in _consents_ticked()
    checks = (("consent", lacks_consent), ("honesty", not request.form.get("honesty")))
    return tuple(name for name, is_missing in checks if is_missing)


@bp.get("/sittings/<uuid:sitting_id>")
@require_signed_in
def sitting_page(sitting_id: UUID) -> Answer:
    """The current item, or where the sitting has ended, its end."""
    try:
        return _item_page(sitting_id)
    except SittingExpired as expired:
        if prefers_json():
            raise
        return render_template("assessment/expired.html", sitting_id=sitting_id, until=expired.until), 409


def _item_page(sitting_id: UUID, *, elsewhere: bool = False, problem: str | None = None) -> Answer:
    page = _current_page(sitting_id)
    with runtime().reading() as session:
        skill = item_bank.skill(page.sitting.skill, session=session)
    if prefers_json():
        return jsonify(pages.as_json(page))
    if isinstance(page, pages.DonePage):
        return redirect(url_for("assessment.done", sitting_id=sitting_id), code=303)
    return render_template(
        "assessment/item.html",
        page=page,
        skill=skill,
        elsewhere=elsewhere,
        problem=problem,
        problems=PROBLEMS,
        longest_words=LONGEST_WORDS,
        typed=typed_form(asks_proof=False) if request.method == "GET" else {},  # of a report, not of an answer
    )


def _current_page(sitting_id: UUID) -> pages.ItemPage | pages.DonePage:
    here = runtime()
    return pages.current_page(sitting_id, _own_id(), database=here.database, clock=here.clock, jobs=here.jobs)


@bp.post("/sittings/<uuid:sitting_id>/responses")
@require_signed_in
def respond(sitting_id: UUID) -> Answer:
    """Keep the response and go on. Answered only after commit."""
    sent = _sent_as_json() if request.is_json else _sent_as_form()
    try:
        recorded = _record(sitting_id, **sent)
    except PositionClosed as closed:
        _note_takeover(sitting_id, closed.position)
        if prefers_json():
            raise
        return _item_page(sitting_id, elsewhere=True), 409
    except SittingClosed as closed:
        _note_takeover(sitting_id, sent["position"])
        if prefers_json():
            raise
        return render_template("assessment/closed.html", sitting_id=sitting_id, sha256=closed.sha256), 409
    return jsonify(_as_json(recorded)) if prefers_json() else _after(sitting_id, recorded)


@bp.post("/sittings/<uuid:sitting_id>/responses/<int:position>/draft")
@require_signed_in
def draft(sitting_id: UUID, position: int) -> Response:
    """Keep a choice that is not confirmed yet: the script's autosave."""
    sent = {**_sent_as_json(position=position), "confirm": False}
    return jsonify(_as_json(_record(sitting_id, **sent)))


def _record(sitting_id: UUID, **sent: Any) -> Recorded:
    here, place = runtime(), (sitting_id, sent["position"], sent["value"])
    with here.reading() as session:
        foreseen = foresee(*place, person_id=_own_id(), session=session) if sent["confirm"] else None
    with here.transaction() as session:
        return record_response(
            sitting_id,
            **sent,
            person_id=_own_id(),
            session=session,
            clock=here.clock,
            jobs=here.jobs,
            foreseen=foreseen,
        )


def _note_takeover(sitting_id: UUID, position: int) -> None:
    with runtime().transaction() as session:
        record_takeover(sitting_id, position, person_id=_own_id(), session=session, clock=runtime().clock)


def _after(sitting_id: UUID, recorded: Recorded) -> Answer:
    """Where the browser goes once the form's response is kept."""
    if recorded.is_superseded:
        _note_takeover(sitting_id, recorded.position)
        return _item_page(sitting_id, elsewhere=True), 409
    if recorded.state != "open":
        return redirect(url_for("assessment.done", sitting_id=sitting_id), code=303)
    if request.form.get("action") == "pause":
        notice(_("Saved. You can go on whenever you like, on any device."))
        return redirect(url_for("home.own_place"), code=303)
    if not recorded.is_whole:
        return _item_page(sitting_id, problem=_("Please answer first. What you chose so far is saved.")), 422
    return redirect(url_for("assessment.sitting_page", sitting_id=sitting_id), code=303)


def _sent_as_form() -> dict[str, Any]:
    form = request.form
    numbers = form.get("position", type=int), form.get("client_sequence", type=int)
    return _checked_numbers(*numbers, _value_of_form(), form.get("action") != "pause")


def _value_of_form() -> Any:
    """The choice, or the ratings of a scenario; whether an item takes it is for the use case to judge."""
    form = request.form
    options = form.get("options", type=int)
    if options is None:
        return _as_number(form.get("answer"))
    return [_as_number(form.get(f"rating-{option}")) for option in range(min(options, item_bank.MOST_OPTIONS))]


def _sent_as_json(position: int | None = None) -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ResponseInvalid("The body is not a JSON object.")
    confirm = body.get("confirm", True)
    return _checked_numbers(position or body.get("position"), body.get("client_sequence"), body.get("value"), confirm)


def _checked_numbers(position: Any, client_sequence: Any, value: Any, confirm: Any) -> dict[str, Any]:
    numbers = (position, client_sequence)
    if any(not isinstance(number, int) or isinstance(number, bool) for number in numbers) or confirm not in (
        True,
        False,
    ):
        raise ResponseInvalid("Position and client_sequence are whole numbers, confirm is true or false.")
    return {"position": position, "client_sequence": client_sequence, "value": value, "confirm": confirm}


def _as_number(text: str | None) -> int | str | None:
    """A form's text as the number it names; anything else stays text, for the use case to judge."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else text or None


def _as_json(recorded: Recorded) -> dict[str, Any]:
    return {
        "position": recorded.position,
        "value": recorded.value,
        "client_sequence": recorded.client_sequence,
        "received_at": recorded.received_at.isoformat(),
        "superseded": recorded.is_superseded,
        "whole": recorded.is_whole,
        "state": recorded.state,
        "current_position": recorded.current_position,
    }


@bp.post("/sittings/<uuid:sitting_id>/report")
@require_signed_in
@keeps_typed("assessment.sitting_page", "position", "problem", "words")
def report(sitting_id: UUID) -> Answer:
    """Record a problem with the current item, and show another."""
    here, form = runtime(), request.form
    try:
        with here.transaction() as session:
            report_item(
                sitting_id,
                form.get("position", 0, type=int),
                form.get("problem", ""),
                form.get("words", ""),
                person_id=_own_id(),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
            )
    except PositionClosed:
        return _item_page(sitting_id, elsewhere=True), 409
    except TooManyReports as refused:
        problem = _("You have reported %(most)d questions, the most that can be replaced.", most=refused.most)
        return _item_page(sitting_id, problem=f"{problem} {_('Please answer this one as well as you can.')}"), 409
    notice(_("Thank you. The question does not count, and somebody will look at it."))
    return redirect(url_for("assessment.sitting_page", sitting_id=sitting_id), code=303)


@bp.post("/sittings/<uuid:sitting_id>/adjustments")
@require_signed_in
def adjust(sitting_id: UUID) -> Answer:
    """Take one adjustment on, or off; a form sent twice asks for the same."""
    here, own_id, form = runtime(), _own_id(), request.form
    with here.transaction() as session:
        asked = set(queries.sitting_of(sitting_id, own_id, session=session).adjustments)
        asked = (asked | set(form.getlist("on"))) - set(form.getlist("off"))
        declare_adjustments(sitting_id, asked, person_id=own_id, session=session, clock=here.clock)
    notice(_("Done. It holds from this question on."))
    return redirect(url_for("assessment.sitting_page", sitting_id=sitting_id), code=303)


@bp.post("/sittings/<uuid:sitting_id>/move")
@require_signed_in
def move(sitting_id: UUID) -> Answer:
    """Show a link by which one other device goes on; nothing is made before the press."""
    here = runtime()
    with here.transaction() as session:
        queries.sitting_of(sitting_id, _own_id(), session=session)
        link = make_device_link(
            browser_token(),
            url_for("assessment.sitting_page", sitting_id=sitting_id),
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            links=here.links,
        )
    address = here.settings.base_url + link.path
    qr = segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff")
    return render_template("assessment/move.html", sitting_id=sitting_id, link=link, qr_data_uri=qr)


@bp.get("/sittings/<uuid:sitting_id>/moved/<uuid:request_id>")
@require_signed_in
def moved(sitting_id: UUID, request_id: UUID) -> str:
    """Whether the other device has gone on."""
    with runtime().reading() as session:
        queries.sitting_of(sitting_id, _own_id(), session=session)
        has_moved = has_used_device_link(request_id, _own_id(), session=session)
    return render_template("assessment/moved.html", sitting_id=sitting_id, request_id=request_id, moved=has_moved)


@bp.get("/sittings/<uuid:sitting_id>/leave")
@require_signed_in
def leave_page(sitting_id: UUID) -> Answer:
    """What leaving early would mean."""
    page = _current_page(sitting_id)
    if isinstance(page, pages.DonePage):
        return redirect(url_for("assessment.done", sitting_id=sitting_id), code=303)
    return render_template("assessment/leave.html", page=page)


@bp.post("/sittings/<uuid:sitting_id>/leave")
@require_signed_in
def leave(sitting_id: UUID) -> Response:
    """End the sitting early."""
    here = runtime()
    with here.transaction() as session:
        leave_sitting(sitting_id, person_id=_own_id(), session=session, clock=here.clock, jobs=here.jobs)
    return redirect(url_for("assessment.done", sitting_id=sitting_id), code=303)  # type: ignore[return-value]


@bp.get("/sittings/<uuid:sitting_id>/done")
@require_signed_in
def done(sitting_id: UUID) -> Answer:
    """Thanks, and the way to the result."""
    with runtime().reading() as session:
        page = pages.done_page(sitting_id, _own_id(), session=session, at=runtime().clock.now())
    if page.sitting.is_open:
        return redirect(url_for("assessment.sitting_page", sitting_id=sitting_id), code=303)
    results_url = f"/results/{sitting_id}"  # a page of a context above, which this one may not name
    return render_template("assessment/done.html", page=page, results_url=results_url)


@bp.get("/desk/checks")
@require_role("support")
def check_desk() -> str:
    """Sittings whose answers look odd enough for a person, and what was decided of late."""
    with runtime().reading() as session:
        waiting, decided = checks.waiting(session=session), checks.decided(session=session)
        names = {slug: item_bank.skill(slug, session=session).names for slug in {check.skill for check in waiting}}
    return render_template(
        "assessment/checks.html", waiting=waiting, decided=decided, names=names, most_shown=checks.MOST_SHOWN
    )


@bp.get("/desk/checks/<uuid:sitting_id>")
@require_role("support")
def check_card(sitting_id: UUID) -> str:
    """One sitting's evidence, and the form of the decision."""
    with runtime().reading() as session:
        checks.require_uninvolved(sitting_id, _own_id(), session=session)
        check = checks.check_of(sitting_id, session=session)
        skill = item_bank.skill(check.skill, session=session)
    typed = typed_form(asks_proof=False)
    return render_template("assessment/check.html", check=check, skill=skill, typed=typed)


@bp.post("/desk/checks/<uuid:sitting_id>")
@require_role("support")
@keeps_typed("assessment.check_card", "verdict", "reasons")
def decide_on_check(sitting_id: UUID) -> Answer:
    """Keep the verdict with its reasons."""
    with runtime().transaction() as session:
        decide_check(
            sitting_id,
            request.form.get("verdict", ""),
            request.form.get("reasons", ""),
            session=session,
            clock=runtime().clock,
            actor=actor(),
        )
    notice(_("Your decision is kept with its reasons."))
    return redirect(url_for("assessment.check_desk"), code=303)
