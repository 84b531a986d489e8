"""The second factor of staff, a passkey or an authenticator app: choose, set up, confirm, or use a recovery code."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.confirm_second_factor import confirm_second_factor
from app.accounts.enrol_second_factor import enrol_second_factor
from app.accounts.enrolments import FactorState, enrolment, factor_state, has_fresh_second_factor, passkeys_of
from app.accounts.errors import SecondFactorNotNeeded
from app.accounts.outcomes import SecondFactorConfirmed, WrongCode
from app.accounts.recovery_codes import looks_like_recovery_code
from app.accounts.relying_party import relying_party
from app.accounts.roles import is_staff
from app.accounts.use_recovery_code import use_recovery_code
from app.accounts.views.blueprint import bp, next_path, this_browser
from app.foundation.web.asker import actor, notice
from app.foundation.web.gates import asks_for_proof, require_signed_in
from app.foundation.web.limits import limiter, rate
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import remember_sign_in

Answer = str | Response | tuple[str, int]


@bp.get("/second-factor")
@require_signed_in
def second_factor_page() -> str:
    """Whatever comes next for this person: set up, confirm for the first time, or enter a code."""
    return second_factor_form()


@bp.post("/second-factor/enrol")
@require_signed_in
@asks_for_proof("accounts.second_factor_page")
def enrol() -> Response:
    """Make a fresh secret and show it."""
    with runtime().transaction() as session:
        enrol_second_factor(
            own_id(),
            session=session,
            clock=runtime().clock,
            entropy=runtime().entropy,
            links=runtime().links,
            actor=actor(),
        )
    return redirect(url_for(".second_factor_page", next=next_path()), 303)


@bp.post("/second-factor")
@require_signed_in
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
@asks_for_proof("accounts.second_factor_page")
def enter_second_factor() -> Answer:
    """Accept a code once. The browser goes on with a fresh sign-in."""
    outcome = _judge(request.form.get("code", ""))
    if isinstance(outcome, WrongCode):
        return second_factor_form(_words_for(outcome)), 422
    return show_proven(outcome)


def show_proven(outcome: SecondFactorConfirmed, said: str | None = None) -> Answer:
    """Give the browser its fresh sign-in and say `said`; on to where the person was going, past new recovery codes."""
    with runtime().reading() as session:
        renewed = queries.actor_for_session(outcome.token, session=session, at=runtime().clock.now())
    remember_sign_in(outcome.token, renewed or actor())
    if said is not None:
        notice(said)
    if outcome.recovery_codes:
        return render_template("accounts/recovery_codes.html", codes=outcome.recovery_codes, next_path=next_path())
    return redirect(next_path(), 303)


def own_id() -> UUID:
    """Id of the person asking; `require_signed_in` has seen that there is one."""
    person_id = actor().person_id
    assert person_id is not None  # noqa: S101  for the type checker
    return person_id


def _judge(code: str) -> SecondFactorConfirmed | WrongCode:
    ours = runtime()
    with ours.transaction() as session:
        if looks_like_recovery_code(code):
            return use_recovery_code(
                own_id(),
                code,
                browser=this_browser(),
                session=session,
                clock=ours.clock,
                entropy=ours.entropy,
                actor=actor(),
            )
        return confirm_second_factor(
            own_id(),
            code,
            browser=this_browser(),
            session=session,
            clock=ours.clock,
            entropy=ours.entropy,
            links=ours.links,
            jobs=ours.jobs,
            actor=actor(),
        )


def second_factor_form(error: str | None = None, passkey_error: str | None = None) -> str:
    """The page, for staff alone. The secret of an app half set up is shown only to whom no passkey stands before."""
    if not is_staff(actor().roles):
        raise SecondFactorNotNeeded
    here, begun = runtime(), None
    with here.reading() as session:
        state = factor_state(own_id(), session=session)
        passkeys = passkeys_of(own_id(), session=session)
        if state is FactorState.ENROLLED:
            if not passkeys or has_fresh_second_factor(actor(), session=session, at=here.clock.now()):
                begun = enrolment(own_id(), session=session, links=here.links)
            else:
                state = FactorState.ABSENT
    return render_template(
        "accounts/second_factor.html",
        state=state.value,
        has_factor=bool(passkeys) or state is FactorState.CONFIRMED,
        has_passkey=any(not passkey.is_suspended for passkey in passkeys),
        party=relying_party(here.settings.base_url),
        enrolment=begun,
        error=error,
        passkey_error=passkey_error,
        next_path=next_path(),
    )


def _words_for(outcome: WrongCode) -> str:
    words: str
    if outcome.attempts_left is None:
        words = _("This is none of your unused recovery codes. Check it, or use your authenticator app.")
    elif outcome.attempts_left:
        words = _(
            "This code is not right, or was used before. Wait for the next one; tries left: %(count)s.",
            count=outcome.attempts_left,
        )
    else:
        words = _("Codes of your app are switched off for now, after too many wrong ones. Use a recovery code.")
    return words
