"""Tokens for a person's own programs: which there are, a new one shown once, and the end of any of them."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.api_tokens import api_tokens_of
from app.accounts.errors import NameInvalid, ScopesInvalid, TokenTermsInvalid, TooManyTokens
from app.accounts.issue_api_token import IssuedToken, issue_api_token
from app.accounts.revoke_api_token import revoke_api_token
from app.accounts.rules import LONGEST_NAME
from app.accounts.scopes import scopes_open_to
from app.accounts.views.blueprint import bp
from app.accounts.views.second_factor import own_id
from app.foundation.web.asker import actor, browser_token, notice
from app.foundation.web.gates import asks_for_proof, require_signed_in
from app.foundation.web.process import runtime
from app.foundation.web.typed import typed_form

Answer = str | Response | tuple[str, int]
USUAL_DAYS = 30


@bp.get("/account/tokens")
@require_signed_in
def api_tokens() -> str:
    """Every token that still works, and the form for another."""
    return _page()


@bp.post("/account/tokens")
@require_signed_in
@asks_for_proof("accounts.api_tokens", keeps=("label", "scope", "days"))
def make_api_token() -> Answer:
    """Make a token and show it, this once."""
    here = runtime()
    try:
        with here.transaction() as session:
            issued = issue_api_token(
                request.form.get("label", ""),
                request.form.getlist("scope"),
                request.form.get("days", type=int) or 0,
                browser_token=browser_token(),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor(),
            )
    except (NameInvalid, ScopesInvalid, TokenTermsInvalid, TooManyTokens) as refusal:
        return _page(errors=_words_for(refusal)), 422
    return _page(issued=issued)


@bp.post("/account/tokens/<uuid:token_id>/delete")
@require_signed_in
def end_api_token(token_id: UUID) -> Response:
    """End one of the person's own tokens."""
    with runtime().transaction() as session:
        revoke_api_token(token_id, session=session, clock=runtime().clock, actor=actor())
    notice(_("That token no longer works."))
    return redirect(url_for(".api_tokens"), 303)


def _words_for(refusal: Exception) -> dict[str, str]:
    if isinstance(refusal, TooManyTokens):
        return {"label": _("You have the most tokens one may have. Delete one you no longer use.")}
    if isinstance(refusal, ScopesInvalid):
        return {"scope": _("Choose at least one thing the program may do.")}
    return {"label": _("Give the token a name of at most %(longest)s characters.", longest=LONGEST_NAME)}


def _page(issued: IssuedToken | None = None, errors: dict[str, str] | None = None) -> str:
    now, chosen = runtime().clock.now(), MultiDict[str, str]() if issued else typed_form()
    with runtime().reading() as session:
        return render_template(
            "accounts/api_tokens.html",
            tokens=api_tokens_of(own_id(), session=session, at=now),
            days=queries.policy(session=session, at=now).api_token_days,
            usual_days=USUAL_DAYS,
            scopes=scopes_open_to(actor().roles),
            longest_name=LONGEST_NAME,
            issued=issued,
            errors=errors or {},
            chosen=chosen,
            chosen_scopes=chosen.getlist("scope"),
        )
