"""Signing in with a passkey: no address is typed, the device offers whoever lives on it."""

from __future__ import annotations

from flask import Response as JsonResponse
from flask import render_template, request
from flask import session as cookie
from werkzeug.wrappers import Response

from app.accounts.begin_passkey import begin_passkey_sign_in
from app.accounts.outcomes import PasskeyRefused
from app.accounts.sign_in_with_passkey import sign_in_with_passkey
from app.accounts.views.blueprint import CHALLENGE, NEXT, bp, let_in, this_browser
from app.accounts.views.passkeys import ask_device, words_for
from app.accounts.views.sign_in import sign_in_form
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime

Answer = str | Response | tuple[str, int]


@bp.post("/sign-in/passkey/options")
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def passkey_sign_in_options() -> JsonResponse:
    """The question for the device, the same for everybody."""
    here = runtime()
    with here.transaction() as session:
        question = begin_passkey_sign_in(
            base_url=here.settings.base_url, session=session, clock=here.clock, entropy=here.entropy
        )
    return ask_device(question)


@bp.post("/sign-in/passkey")
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def enter_with_passkey() -> Answer:
    """Let the owner of the passkey in, once per challenge."""
    here = runtime()
    with here.transaction() as session:
        outcome = sign_in_with_passkey(
            request.form.get("credential", ""),
            challenge=cookie.pop(CHALLENGE, ""),
            return_path=cookie.get(NEXT, "/"),
            base_url=here.settings.base_url,
            browser=this_browser(),
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
        )
    if isinstance(outcome, PasskeyRefused):
        return sign_in_form(passkey_error=words_for(outcome)), 422
    answer = let_in(outcome)
    if outcome.recovery_codes:
        codes, onward = outcome.recovery_codes, outcome.return_path
        return render_template("accounts/recovery_codes.html", codes=codes, next_path=onward)
    return answer
