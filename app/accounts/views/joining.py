"""The owner of a proven address joins, or is politely refused for being under 18."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.errors import JoinExpired
from app.accounts.forget_proven_address import forget_proven_address
from app.accounts.sign_up import sign_up
from app.accounts.views.blueprint import JOINING, bp, let_in, remembered_id, this_browser
from app.foundation.web.asker import LANGUAGES, language_of_request, notice
from app.foundation.web.limits import limiter, rate
from app.foundation.web.problems import status_of
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import forget_sign_in

Answer = str | Response | tuple[str, int]


@bp.get("/join")
def join_page() -> Answer:
    """Age, language, and the terms in plain words."""
    if remembered_id(JOINING) is None:
        return redirect(url_for(".sign_in_page"), 303)
    return _form({})


@bp.post("/join")
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def join() -> Answer:
    """Take an adult in; forget anyone else."""
    request_id = remembered_id(JOINING)
    if request_id is None:
        return redirect(url_for(".sign_in_page"), 303)
    errors = _errors()
    if errors:
        return _form(errors), 422
    if request.form["adult"] == "no":
        return _refuse(request_id)
    try:
        with runtime().transaction() as session:
            outcome = sign_up(
                request_id,
                is_adult=True,
                language=request.form["language"],
                browser=this_browser(),
                session=session,
                clock=runtime().clock,
                entropy=runtime().entropy,
                links=runtime().links,
            )
    except JoinExpired as refusal:
        headline = _("Too much time has passed since your address was confirmed")
        return render_template("accounts/spent.html", headline=headline), status_of(refusal)
    answer = let_in(outcome)  # which begins the browser's memory anew
    if outcome.return_path == "/":  # nothing was being done: say that it worked, and how to go on
        notice(_("Welcome: your account is made. Choose a skill, and begin when you have a quiet quarter of an hour."))
    return answer


def _form(errors: dict[str, str]) -> str:
    chosen = {"adult": request.form.get("adult"), "language": request.form.get("language", language_of_request())}
    return render_template("accounts/join.html", errors=errors, chosen=chosen)


def _errors() -> dict[str, str]:
    errors = {}
    if request.form.get("adult") not in ("yes", "no"):
        errors["adult"] = _("Say whether you are 18 or over.")
    if request.form.get("language") not in LANGUAGES:
        errors["language"] = _("Choose the language we write to you in.")
    return errors


def _refuse(request_id: UUID) -> Answer:
    here = runtime()
    with here.transaction() as session:
        forget_proven_address(request_id, session=session, links=here.links, mailer=here.mailer)
    here.database.empty_log()  # where a reader keeps it, the night does it
    forget_sign_in()
    return render_template("accounts/adults_only.html"), 403
