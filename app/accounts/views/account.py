"""A person's own data: how they are called, what they consented to, where they are signed in."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.api_tokens import api_tokens_of
from app.accounts.change_profile import change_profile
from app.accounts.consents import ASSESSMENT
from app.accounts.enrolments import factor_state, passkeys_of
from app.accounts.errors import NameInvalid
from app.accounts.record_consent import record_consent
from app.accounts.relying_party import relying_party
from app.accounts.remove_second_factor import remove_second_factor
from app.accounts.revoke_other_sessions import revoke_other_sessions
from app.accounts.revoke_session import revoke_session
from app.accounts.roles import is_staff
from app.accounts.rules import LONGEST_NAME
from app.accounts.views.blueprint import bp
from app.accounts.views.second_factor import own_id
from app.accounts.withdraw_consent import withdraw_consent
from app.foundation.web.asker import actor, browser_token, notice
from app.foundation.web.gates import asks_for_proof, require_signed_in
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import forget_sign_in

Answer = str | Response | tuple[str, int]


@bp.get("/account")
@require_signed_in
def account() -> str:
    """Everything accounts holds about the person asking, with a button beside each thing they may change."""
    return _page()


@bp.post("/account")
@require_signed_in
def save_profile() -> Answer:
    """Store name and language."""
    name, language = request.form.get("display_name", ""), request.form.get("language", "")
    try:
        with runtime().transaction() as session:
            change_profile(
                own_id(),
                display_name=name,
                language=language,
                session=session,
                clock=runtime().clock,
                actor=actor(),
            )
    except NameInvalid:
        error = _("Use at most %(longest)s characters, without invisible control characters.", longest=LONGEST_NAME)
        return _page(name_error=error, typed_name=name), 422
    notice(_("Saved."))
    return redirect(url_for(".account"), 303)


@bp.post("/account/consents/<kind>")
@require_signed_in
def give_consent(kind: str) -> Response:
    """Say yes to the version of the text that was shown."""
    version = request.form.get("version", type=int) or 0
    with runtime().transaction() as session:
        record_consent(
            own_id(),
            kind,
            version,
            session=session,
            clock=runtime().clock,
            entropy=runtime().entropy,
            actor=actor(),
        )
    notice(_("Your consent is noted. You can withdraw it here at any time."))
    return redirect(url_for(".account"), 303)


@bp.post("/account/consents/<kind>/withdraw")
@require_signed_in
def take_consent_back(kind: str) -> Response:
    """Withdraw one consent; the others stay."""
    with runtime().transaction() as session:
        withdraw_consent(own_id(), kind, session=session, clock=runtime().clock, actor=actor(), jobs=runtime().jobs)
    notice(_("Your consent is withdrawn."))
    if kind == ASSESSMENT:
        notice(_("If an assessment is unfinished, it ends now and its answers are erased."))
    return redirect(url_for(".account"), 303)


@bp.post("/account/sign-ins/<uuid:session_id>/end")
@require_signed_in
def end_sign_in(session_id: UUID) -> Response:
    """End one of the person's own sign-ins."""
    with runtime().transaction() as session:
        revoke_session(session_id, session=session, clock=runtime().clock, actor=actor())
    notice(_("That sign-in has ended."))
    return redirect(url_for(".account"), 303)


@bp.post("/account/sign-ins/end-others")
@require_signed_in
def end_other_sign_ins() -> Response:
    """End every sign-in of the person but this one, and every token for programs."""
    with runtime().transaction() as session:
        ended = revoke_other_sessions(browser_token(), session=session, clock=runtime().clock, actor=actor())
    notice(
        ngettext("One other sign-in has ended.", "%(num)s other sign-ins have ended.", ended.sign_ins)
        if ended.sign_ins
        else _("You were signed in nowhere else.")
    )
    if ended.tokens:
        notice(ngettext("One token for a program has ended.", "%(num)s tokens for programs have ended.", ended.tokens))
    return redirect(url_for(".account"), 303)


@bp.post("/account/second-factor/remove")
@require_signed_in
@asks_for_proof("accounts.account")
def drop_second_factor() -> Response:
    """Remove the authenticator app, the second factor having been shown just now; every sign-in ends."""
    with runtime().transaction() as session:
        remove_second_factor(own_id(), session=session, clock=runtime().clock, actor=actor())
    forget_sign_in()
    notice(_("The authenticator app is removed and you are signed out everywhere. Sign in to set up a new one."))
    return redirect(url_for(".sign_in_page"), 303)


def _page(name_error: str | None = None, typed_name: str | None = None) -> str:
    now = runtime().clock.now()
    with runtime().reading() as session:
        return render_template(
            "accounts/account.html",
            person=queries.person(own_id(), session=session),
            typed_name=typed_name,
            name_error=name_error,
            consents=queries.consents_of(own_id(), session=session),
            sign_ins=queries.sessions_of(own_id(), token=browser_token(), session=session, at=now),
            tokens=api_tokens_of(own_id(), session=session, at=now),
            passkeys=passkeys_of(own_id(), session=session),
            can_have_passkeys=relying_party(runtime().settings.base_url).can_have_passkeys,
            longest_name=LONGEST_NAME,
            factor=factor_state(own_id(), session=session).value,
            is_staff=is_staff(actor().roles),
        )
