"""A person's passkeys: a new one, another name, the end of one.

The script on the page fetches the question, has the device answer it, and sends the answer as an ordinary form.
"""

from __future__ import annotations

from uuid import UUID

from flask import Response as JsonResponse
from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.begin_passkey import PasskeyQuestion, begin_registration, require_may_add
from app.accounts.errors import NameInvalid, PasskeysImpossible
from app.accounts.outcomes import PasskeyRefusal, PasskeyRefused
from app.accounts.register_passkey import register_passkey
from app.accounts.relying_party import relying_party
from app.accounts.remove_passkey import remove_passkey
from app.accounts.rename_passkey import rename_passkey
from app.accounts.rules import LONGEST_NAME, device_of
from app.accounts.views.blueprint import CHALLENGE, bp, next_path, this_browser
from app.accounts.views.second_factor import show_proven
from app.foundation.web.asker import actor, browser_token, notice
from app.foundation.web.gates import asks_for_proof, require_signed_in
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import forget_sign_in

Answer = str | Response | tuple[str, int]


@bp.get("/account/passkeys/new")
@require_signed_in
def new_passkey() -> str:
    """What a passkey is, a name for it, and the button. Open to whoever proved just now who they are."""
    return _form()


@bp.post("/account/passkeys/options")
@require_signed_in
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def passkey_creation_options() -> JsonResponse:
    """The question for the device."""
    here = runtime()
    with here.transaction() as session:
        question = begin_registration(
            base_url=here.settings.base_url, session=session, clock=here.clock, entropy=here.entropy, actor=actor()
        )
    return ask_device(question)


@bp.post("/account/passkeys")
@require_signed_in
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
@asks_for_proof("accounts.new_passkey")
def add_passkey() -> Answer:
    """Keep the passkey that the device made."""
    here = runtime()
    try:
        with here.transaction() as session:
            outcome = register_passkey(
                request.form.get("credential", ""),
                request.form.get("label", ""),
                challenge=cookie.pop(CHALLENGE, ""),
                base_url=here.settings.base_url,
                browser=this_browser(),
                session=session,
                clock=here.clock,
                entropy=here.entropy,
                jobs=here.jobs,
                actor=actor(),
            )
    except NameInvalid:
        return _form(_name_error()), 422
    if isinstance(outcome, PasskeyRefused):
        return _form(words_for(outcome)), 422
    return show_proven(outcome, _("The passkey is added. You can sign in with it from now on."))


@bp.post("/account/passkeys/<uuid:passkey_id>/rename")
@require_signed_in
def name_passkey(passkey_id: UUID) -> Response:
    """Give one of the person's own passkeys another name."""
    try:
        with runtime().transaction() as session:
            rename_passkey(passkey_id, request.form.get("label", ""), session=session, actor=actor())
    except NameInvalid:
        notice(_name_error())
    else:
        notice(_("Saved."))
    return redirect(url_for(".account"), 303)


@bp.post("/account/passkeys/<uuid:passkey_id>/remove")
@require_signed_in
@asks_for_proof("accounts.account")
def drop_passkey(passkey_id: UUID) -> Response:
    """Remove one of the person's own passkeys; other sign-ins and tokens end."""
    with runtime().transaction() as session:
        stays = remove_passkey(
            passkey_id,
            browser_token=browser_token(),
            session=session,
            clock=runtime().clock,
            jobs=runtime().jobs,
            actor=actor(),
        )
    if not stays:
        forget_sign_in()
    notice(_("The passkey is removed. Every other sign-in and every token for programs has ended."))
    return redirect(url_for(".account" if stays else ".sign_in_page"), 303)


def ask_device(question: PasskeyQuestion) -> JsonResponse:
    """The question as JSON; the challenge stays in this browser's cookie."""
    cookie[CHALLENGE] = question.challenge
    return JsonResponse(question.options, mimetype="application/json")


def words_for(outcome: PasskeyRefused) -> str:
    """Why a passkey was not accepted, and what to do."""
    words = {
        PasskeyRefusal.SPENT: _("That took too long, or was sent twice. Try again."),
        PasskeyRefusal.UNKNOWN: _("We do not know this passkey. It may have been removed; sign in another way."),
        PasskeyRefusal.INVALID: _("Your device did not answer as it should. Try again, or choose another way."),
        PasskeyRefusal.SUSPENDED: _("This passkey is switched off, because a copy of it may exist. Use another way."),
        PasskeyRefusal.KNOWN: _("This passkey is registered already."),
    }
    return str(words[outcome.reason])


def _name_error() -> str:
    return str(_("Give the passkey a name of at most %(longest)s characters.", longest=LONGEST_NAME))


def _form(error: str | None = None) -> str:
    here = runtime()
    party = relying_party(here.settings.base_url)
    if not party.can_have_passkeys:
        raise PasskeysImpossible(here.settings.base_url)
    with here.reading() as session:
        require_may_add(actor(), session=session, at=here.clock.now())
    return render_template(
        "accounts/new_passkey.html",
        party=party,
        label=request.form.get("label") or device_of(request.user_agent.string),
        error=error,
        next_path=next_path() if "next" in request.values else url_for(".account"),
    )
