"""A judge's pages behind a signed link, and the key desk. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.foundation.errors import DecileError
from app.foundation.web.asker import actor, language_of_request, notice
from app.foundation.web.gates import asks_for_proof, require_role
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form
from app.item_bank import queries as item_bank
from app.keying import queries
from app.keying.address_list import Address, addresses_of
from app.keying.declare_independence import declare_independence
from app.keying.errors import JudgeNotIndependent, RatingInvalid
from app.keying.invite_judges import invite_judges
from app.keying.locked import seat_of
from app.keying.open_panel import open_panel
from app.keying.rate_scenario import rate_scenario
from app.keying.release_panel_key import release_panel_key
from app.keying.sign_key import sign_key

bp = Blueprint("keying", __name__)

STAFF = ("norm_editor", "norm_approver")


@bp.get("/judge/<token>")
def judge(token: str) -> Response:
    """Where the judge stands: what is asked, their word, how far they are, and the signature."""
    return _private(_judge_page(token, None, "keying/judge.html"))


@bp.get("/judge/<token>/<int:place>")
def judge_scenario(token: str, place: int) -> Response:
    """One situation with its actions."""
    return _private(_judge_page(token, place, "keying/scenario.html"))


@bp.post("/judge/<token>/declare")
def declare(token: str) -> ResponseReturnValue:
    """The judge's word; then the first situation."""
    if not request.form.get("independent"):
        return _private(_judge_page(token, None, "keying/judge.html", problem=True)), 422
    with runtime().transaction() as session:
        declare_independence(token, session=session, clock=runtime().clock, links=runtime().links)
    return redirect(url_for(".judge_scenario", token=token, place=1), code=303)


@bp.post("/judge/<token>/<int:place>")
def rate(token: str, place: int) -> ResponseReturnValue:
    """Keep the ratings of one situation, and go on to the next that has none."""
    here = runtime()
    options = min(request.form.get("options", 0, type=int), item_bank.MOST_OPTIONS)
    values = [request.form.get(f"rating-{option}", type=int) for option in range(options)]
    try:
        with here.transaction() as session:
            code = request.form.get("code", "")
            rate_scenario(token, code, values, session=session, clock=here.clock, links=here.links)
    except RatingInvalid:
        return _private(_judge_page(token, place, "keying/scenario.html", problem=True, given=values)), 422
    with here.reading() as session:
        seat = seat_of(token, session=session, clock=here.clock, links=here.links)
        onward = queries.judge_page(seat, language_of_request(), None, session=session).first_unrated
    if request.form.get("action") == "pause" or onward is None:
        return redirect(url_for(".judge", token=token), code=303)
    return redirect(url_for(".judge_scenario", token=token, place=onward), code=303)


@bp.post("/judge/<token>/sign")
def sign(token: str) -> ResponseReturnValue:
    """Sign the whole key."""
    with runtime().transaction() as session:
        sign_key(token, session=session, clock=runtime().clock, links=runtime().links)
    notice(_("Thank you. Your ratings are signed and count from now on."))
    return redirect(url_for(".judge", token=token), code=303)


def _judge_page(
    token: str, place: int | None, template: str, *, problem: bool = False, given: list[int | None] | None = None
) -> str:
    here = runtime()
    with here.reading() as session:
        seat = seat_of(token, session=session, clock=here.clock, links=here.links)
        page = queries.judge_page(seat, language_of_request(), place, session=session)
        skill = item_bank.skill(page.skill, session=session)
    if page.item is None:
        template = "keying/judge.html"
    values = given if given is not None else page.values
    return render_template(template, page=page, token=token, skill=skill, problem=problem, values=values)


def _private(page: str) -> Response:
    """Behind a secret link nothing is kept by whoever stands between."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/desk/keys")
@require_role(*STAFF)
def key_desk() -> str:
    """The latest bank of every skill, and what its key rests on."""
    now = runtime().clock.now()
    with runtime().reading() as session:
        skills = {skill.slug: skill for skill in item_bank.skills(session=session)}
        releases = item_bank.latest_releases(session=session)
        panels = {release.id: queries.panel_of(release.id, session=session, at=now) for release in releases}
        behind = {release.id: queries.agreement_behind(release.id, session=session) for release in releases}
    return render_template("keying/desk.html", skills=skills, releases=releases, panels=panels, behind=behind)


@bp.post("/desk/keys/open/<uuid:release_id>")
@require_role(*STAFF)
def open_for(release_id: UUID) -> ResponseReturnValue:
    """Open the panel of a release."""
    here = runtime()
    with here.transaction() as session:
        panel_id = open_panel(release_id, session=session, clock=here.clock, entropy=here.entropy, actor=actor())
    notice(_("The panel is open. Invite its judges next."))
    return redirect(url_for(".panel_card", panel_id=panel_id), code=303)


@bp.get("/desk/keys/<uuid:panel_id>")
@require_role(*STAFF)
def panel_card(panel_id: UUID) -> str:
    """One panel: its judges, their agreement as it stands, and what goes back to the author."""
    return _card(panel_id)


def _card(panel_id: UUID, problem: DecileError | None = None, unreadable: Sequence[Address] = ()) -> str:
    here = runtime()
    with here.reading() as session:
        panel = queries.panel(panel_id, session=session, at=here.clock.now())
        skill = item_bank.skill(panel.release.skill, session=session)
        language = language_of_request()
        shown_in = language if language in panel.release.languages else panel.release.languages[0]
        scenarios = item_bank.scenarios(panel.release.id, shown_in, session=session)
    return render_template(
        "keying/panel.html",
        panel=panel,
        skill=skill,
        scenarios={item.code: item for item in scenarios},
        shown_in=shown_in,
        may_release=actor().person_id not in panel.made_by,
        typed=typed_form(),
        problem=problem,
        unreadable=unreadable,
    )


@bp.post("/desk/keys/<uuid:panel_id>/invite")
@require_role(*STAFF)
@asks_for_proof("keying.panel_card", keeps=("addresses", "language"))
def invite(panel_id: UUID) -> ResponseReturnValue:
    """Send each address its own link, if all of them are addresses."""
    here, sent = runtime(), addresses_of(request.form.get("addresses", ""))
    unreadable = [one for one in sent if not one.is_whole]
    if unreadable:
        return _card(panel_id, unreadable=unreadable), 422
    try:
        with here.transaction() as session:
            count = invite_judges(
                panel_id,
                [one.sent for one in sent],
                language="fr" if request.form.get("language") == "fr" else "en",
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor(),
            )
    except JudgeNotIndependent as problem:
        return _card(panel_id, problem), 422
    notice(ngettext("%(num)d new judge is invited.", "%(num)d new judges are invited.", count))
    return redirect(url_for(".panel_card", panel_id=panel_id), code=303)


@bp.post("/desk/keys/<uuid:panel_id>/release")
@require_role(*STAFF)
@asks_for_proof("keying.panel_card")
def release(panel_id: UUID) -> ResponseReturnValue:
    """Release the bank under the panel's key, as the second person."""
    here = runtime()
    with here.transaction() as session:
        keyed = release_panel_key(
            panel_id, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=actor()
        )
    notice(_("Bank %(label)s is released under the key of its panel.", label=keyed.label))
    return redirect(url_for(".panel_card", panel_id=panel_id), code=303)
