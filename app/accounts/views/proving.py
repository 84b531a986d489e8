"""Proving again who is here, before a sensitive act: by a passkey, or by a code that is mailed once more.

Staff prove it by their second factor, on its own page. For everybody else a mailed code is enough: it signs them in
anyway, and asking for more would lock out whoever lost the device.
"""

from __future__ import annotations

from flask import Response as JsonResponse
from flask import redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.begin_passkey import begin_passkey_confirmation
from app.accounts.confirm_with_passkey import confirm_with_passkey
from app.accounts.enrolments import has_fresh_sign_in, passkeys_of
from app.accounts.mail_shares import Asker
from app.accounts.outcomes import PasskeyRefused
from app.accounts.relying_party import relying_party
from app.accounts.request_sign_in import request_sign_in
from app.accounts.roles import is_staff
from app.accounts.second_factors import has_second_factor
from app.accounts.views.blueprint import ASKED, CHALLENGE, NEXT, PROVING, bp, next_path, this_browser, you_are_proven
from app.accounts.views.passkeys import ask_device, words_for
from app.accounts.views.second_factor import own_id, second_factor_form, show_proven
from app.foundation.web.asker import actor, language_of_request
from app.foundation.web.gates import require_signed_in
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime

Answer = str | Response | tuple[str, int]


@bp.get("/prove")
@require_signed_in
def prove_page() -> Answer:
    """The ways this person has."""
    if _shows_second_factor():
        return redirect(url_for(".second_factor_page", next=next_path()), 303)
    return _form()


@bp.post("/prove/code")
@require_signed_in
@limiter.limit(rate("sign_in_requests_per_hour", "hour"))
def mail_proving_code() -> Response:
    """Mail link and code to the person's own address; either opens a fresh sign-in and leads back."""
    here = runtime()
    with here.transaction() as session:
        request_id = request_sign_in(
            queries.person(own_id(), session=session).email,
            language_of_request(),
            return_path=next_path(),
            asker=Asker.signed_in(own_id()),
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            links=here.links,
        )
    cookie[ASKED], cookie[NEXT], cookie[PROVING] = request_id.hex, next_path(), True
    return redirect(url_for(".code_page"), 303)


@bp.post("/prove/passkey/options")
@require_signed_in
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def passkey_proof_options() -> JsonResponse:
    """The question for the device: one of this person's own passkeys."""
    here = runtime()
    with here.transaction() as session:
        question = begin_passkey_confirmation(
            base_url=here.settings.base_url, session=session, clock=here.clock, entropy=here.entropy, actor=actor()
        )
    return ask_device(question)


@bp.post("/prove/passkey")
@require_signed_in
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def prove_with_passkey() -> Answer:
    """Accept one of the person's own passkeys. The browser goes on with a fresh sign-in."""
    here = runtime()
    with here.transaction() as session:
        outcome = confirm_with_passkey(
            request.form.get("credential", ""),
            challenge=cookie.pop(CHALLENGE, ""),
            base_url=here.settings.base_url,
            browser=this_browser(),
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=actor(),
        )
    if isinstance(outcome, PasskeyRefused):
        words = words_for(outcome)
        return (second_factor_form(passkey_error=words) if _shows_second_factor() else _form(words)), 422
    return show_proven(outcome, you_are_proven() if next_path() != "/" else None)


def _shows_second_factor() -> bool:
    """Whether this person's proof is a second factor: to show, or, right after signing in, to set up."""
    if not is_staff(actor().roles):
        return False
    here = runtime()
    with here.reading() as session:
        has_one = has_second_factor(own_id(), session=session)
        return has_one or has_fresh_sign_in(actor(), session=session, at=here.clock.now())


def _form(error: str | None = None) -> str:
    with runtime().reading() as session:
        person = queries.person(own_id(), session=session)
        passkeys = passkeys_of(own_id(), session=session)
    return render_template(
        "accounts/prove.html",
        email=person.email,
        has_passkey=any(not passkey.is_suspended for passkey in passkeys),
        party=relying_party(runtime().settings.base_url),
        error=error,
        next_path=next_path(),
    )
