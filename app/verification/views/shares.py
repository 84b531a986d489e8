"""Links for single readers: the holder makes and ends them and sees the looks by day; the reader follows one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.credentials import queries as credentials
from app.credentials.errors import CredentialNotFound
from app.foundation.web.asker import actor, notice
from app.foundation.web.gates import require_signed_in
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.verification import queries
from app.verification.end_share import end_share
from app.verification.errors import ShareRefused, TooManyShares
from app.verification.grant_share import LONGEST_NOTE, grant_share
from app.verification.look_through_share import look_through_share
from app.verification.views.blueprint import bp, unkept
from app.verification.views.closed_answers import guessing, not_shown
from app.verification.views.drawn_pages import page_facts

USUAL_DAYS = 30


@bp.get("/credentials/<code>/shares")
@require_signed_in
def own_shares(code: str) -> Response:
    """Every link of one certificate, with the looks through it, and the form for another."""
    return _own_page(code)


@bp.post("/credentials/<code>/shares")
@require_signed_in
def make_share(code: str) -> Any:
    """Make a link."""
    here = runtime()
    try:
        with here.transaction() as session:
            grant_share(
                code,
                request.form.get("made_for", ""),
                request.form.get("days", type=int) or 0,
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                actor=actor(),
            )
    except (ShareRefused, TooManyShares) as problem:
        return _own_page(code, {"made_for": _words_for(problem)}, status=422)
    notice(_("The link is made. Copy it below and send it to the one it is for."))
    return redirect(url_for(".own_shares", code=code), 303)


@bp.post("/credentials/<code>/shares/<uuid:grant_id>/end")
@require_signed_in
def stop_share(code: str, grant_id: UUID) -> Any:
    """End a link, or remove one that has ended."""
    with runtime().transaction() as session:
        end_share(code, grant_id, session=session, clock=runtime().clock, actor=actor())
    notice(_("Done. Whoever opens that link now reads that nothing is shown."))
    return redirect(url_for(".own_shares", code=code), 303)


@bp.get("/s/<token>")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def shared_certificate(token: str) -> Response:
    """Show the reader what holds of it. HEAD counts as a look too: it tells the same."""
    here = runtime()
    try:
        with here.transaction() as session:
            found = look_through_share(token, session=session, clock=here.clock, links=here.links)
    except CredentialNotFound:
        return unkept(not_shown("text/html"))
    page = render_template("verification/certificate.html", **page_facts(found), is_shared=True)
    return unkept(make_response(page))


def _own_page(code: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    now = runtime().clock.now()
    with runtime().reading() as session:
        credential = credentials.own_credential(code, actor().person_id, session=session)
        page = render_template(
            "verification/shares.html",
            credential=credential,
            shares=queries.shares_of(credential.id, session=session, links=runtime().links, at=now),
            days=queries.policy(session=session, at=now).share_days,
            usual_days=USUAL_DAYS,
            longest=LONGEST_NOTE,
            errors=errors or {},
            made_for=request.form.get("made_for", "") if errors else "",
        )
    return unkept(make_response(page, status))


def _words_for(problem: ShareRefused | TooManyShares) -> str:
    if isinstance(problem, TooManyShares):
        return str(_("This certificate has as many open links as it may have. End one first."))
    return str(_("Say in at most %(longest)s characters whom the link is for.", longest=LONGEST_NOTE))
