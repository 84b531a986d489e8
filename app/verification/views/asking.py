"""Is the person before me the holder? The recruiter asks, the holder confirms, the recruiter's page says when."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, url_for

from app.credentials import codes
from app.foundation.web.asker import actor
from app.foundation.web.gates import require_signed_in
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import absolute_url, runtime
from app.verification import queries, signed_ids
from app.verification.ask_holder import ask_holder
from app.verification.confirm_control import confirm_control
from app.verification.errors import ChallengeOver
from app.verification.verify_credential import verify_credential
from app.verification.views.blueprint import bp, unkept
from app.verification.views.closed_answers import HTML, NOTHING_SHOWN, guessing, nothing_shown


@bp.get("/c/<typed>/ask")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def ask_page(typed: str) -> Response:
    """What asking does, and the button."""
    try:
        with runtime().reading() as session:
            found = verify_credential(codes.read_code(typed), session=session, clock=runtime().clock)
    except NOTHING_SHOWN as because:
        return unkept(nothing_shown(because, HTML))
    return unkept(make_response(render_template("verification/ask.html", credential=found.credential)))


@bp.post("/c/<typed>/ask")
@limiter.limit(rate("questions_per_hour", "hour"))
@guessing
def ask(typed: str) -> Any:
    """Make the question, and lead to its page, whose address is the link to hand over."""
    here = runtime()
    try:
        with here.transaction() as session:
            challenge_id = ask_holder(codes.read_code(typed), session=session, clock=here.clock, entropy=here.entropy)
    except NOTHING_SHOWN as because:
        return unkept(nothing_shown(because, HTML))
    token = signed_ids.signed_id(signed_ids.CHALLENGE, challenge_id, links=here.links)
    return redirect(url_for(".asked", token=token), 303)


@bp.get("/asked/<token>")
@limiter.limit(rate("verifications_per_minute", "minute"))
@guessing
def asked(token: str) -> Response:
    """The answer as far as there is one; no more about the holder than that, and when."""
    here = runtime()
    with here.reading() as session:
        found = queries.challenge(token, session=session, links=here.links, at=here.clock.now())
    link = absolute_url(".confirm_page", token=token)
    return unkept(make_response(render_template("verification/asked.html", challenge=found, link=link, token=token)))


@bp.get("/asked/<token>/confirm")
@require_signed_in
def confirm_page(token: str) -> Response:
    """Tell the holder what is asked, and what confirming tells."""
    here = runtime()
    with here.reading() as session:
        found = queries.own_challenge(token, actor().person_id, session=session, links=here.links, at=here.clock.now())
    return unkept(make_response(render_template("verification/confirm_control.html", challenge=found, token=token)))


@bp.post("/asked/<token>/confirm")
@require_signed_in
def confirm(token: str) -> Any:
    """Confirm it, once."""
    here = runtime()
    try:
        with here.transaction() as session:
            confirm_control(token, session=session, clock=here.clock, links=here.links, actor=actor())
    except ChallengeOver:
        pass  # the page says so
    return redirect(url_for(".confirm_page", token=token), 303)
