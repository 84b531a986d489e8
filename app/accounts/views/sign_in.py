"""Getting in without a password: ask, then either type the code or open the link and press its button.

Opening the link (GET, HEAD) consumes nothing and signs nobody in, because mail scanners open links too. It takes the
token out of the URL, so that it stands in no history, no log and no Referer.
"""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import queries
from app.accounts.errors import AskedElsewhere, EmailInvalid, LinkUsed
from app.accounts.mail_shares import Asker
from app.accounts.outcomes import JoinNeeded, SignedIn, WrongCode
from app.accounts.pending_sign_ins import pending_sign_in, sign_in_behind_link
from app.accounts.relying_party import relying_party
from app.accounts.request_sign_in import request_sign_in
from app.accounts.sign_in_secrets import LINK_PATH
from app.accounts.sign_in_with_code import sign_in_with_code
from app.accounts.sign_in_with_link import sign_in_with_link
from app.accounts.sign_out import sign_out as end_sign_in
from app.accounts.views.blueprint import ASKED, JOINING, LINK, NEXT, bp, let_in, remembered_id, this_browser
from app.foundation.links import LinkExpired, LinkInvalid
from app.foundation.own_paths import safe_path
from app.foundation.web.asker import actor, browser_token, language_of_request, person_id
from app.foundation.web.limits import asking_network, limiter, rate
from app.foundation.web.problems import status_of
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import forget_sign_in

Answer = str | Response | tuple[str, int]
SPENT = (LinkUsed, LinkExpired, LinkInvalid)
LONGEST_TOKEN = 400  # ours have about 90 characters; a cookie holds 4,000


@bp.get("/sign-in")
def sign_in_page() -> str:
    """One field, the e-mail address; or one button, a passkey."""
    if "next" in request.args:
        cookie[NEXT] = safe_path(request.args["next"])
    return sign_in_form()


@bp.post("/sign-in")
@limiter.limit(rate("sign_in_requests_per_hour", "hour"))
def ask_for_link() -> Answer:
    """Have link and code sent. The answer is the same for every address that can be one."""
    email = request.form.get("email", "")
    try:
        with runtime().transaction() as session:
            request_id = request_sign_in(
                email,
                language_of_request(),
                return_path=cookie.get(NEXT, "/"),
                asker=Asker.from_network(asking_network()),
                session=session,
                clock=runtime().clock,
                entropy=runtime().entropy,
                jobs=runtime().jobs,
                links=runtime().links,
            )
    except EmailInvalid:
        error = _("Enter an e-mail address we can write to, such as name@example.org.")
        return sign_in_form(email, error), 422
    cookie[ASKED] = request_id.hex
    return redirect(url_for(".code_page"), 303)


@bp.get("/sign-in/code")
def code_page() -> Answer:
    """Where the six digits go, in the browser that asked for them."""
    return _code_form()


@bp.post("/sign-in/code")
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def enter_code() -> Answer:
    """Spend the code, once, or count a wrong guess."""
    asked = remembered_id(ASKED)
    if asked is None:
        return redirect(url_for(".sign_in_page"), 303)
    try:
        with runtime().transaction() as session:
            outcome = sign_in_with_code(
                asked,
                request.form.get("code", ""),
                browser=this_browser(),
                session=session,
                clock=runtime().clock,
                entropy=runtime().entropy,
                links=runtime().links,
                jobs=runtime().jobs,
            )
    except SPENT as refusal:
        return _spent(refusal)
    if isinstance(outcome, WrongCode):
        return _code_form(_words_for(outcome), 422)
    return _go_on(outcome)


@bp.get(LINK_PATH)
def open_link() -> Response:
    """Take the token out of the URL and show the page with the button."""
    cookie[LINK] = request.args.get("token", "")[:LONGEST_TOKEN]
    return redirect(url_for(".confirm_page"), 303)


@bp.get("/sign-in/confirm")
def confirm_page() -> Answer:
    """One button; asked for in another browser, also whose mailbox this is, masked."""
    return _confirm_form()


@bp.post("/sign-in/confirm")
@limiter.limit(rate("sign_in_confirmations_per_hour", "hour"))
def confirm() -> Answer:
    """Spend the link, once."""
    try:
        with runtime().transaction() as session:
            outcome = sign_in_with_link(
                cookie.get(LINK, ""),
                shown=_shown(),
                asked_here=remembered_id(ASKED),
                is_confirmed=request.form.get("meant") == "yes",
                signed_in_as=actor().person_id,
                browser=this_browser(),
                session=session,
                clock=runtime().clock,
                entropy=runtime().entropy,
                links=runtime().links,
            )
    except AskedElsewhere:
        return _confirm_form()
    except SPENT as refusal:
        return _spent(refusal)
    return _go_on(outcome)


@bp.post("/sign-out")
def sign_out() -> Response:
    """End this browser's sign-in here and in the database."""
    token = browser_token()
    if token is not None:
        with runtime().transaction() as session:
            end_sign_in(token, session=session, clock=runtime().clock, actor=actor())
    forget_sign_in()
    response = redirect(url_for(".sign_in_page"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # the next person at a shared computer finds nothing
    return response


def sign_in_form(email: str = "", error: str | None = None, passkey_error: str | None = None) -> str:
    """The page of both ways in."""
    party = relying_party(runtime().settings.base_url)
    return render_template("accounts/sign_in.html", email=email, error=error, passkey_error=passkey_error, party=party)


def _go_on(outcome: SignedIn | JoinNeeded) -> Response:
    if isinstance(outcome, SignedIn):
        return let_in(outcome)
    cookie.pop(ASKED, None)
    cookie.pop(LINK, None)
    cookie[JOINING] = outcome.request_id.hex
    return redirect(url_for(".join_page"), 303)


def _code_form(error: str | None = None, status: int = 200) -> Answer:
    asked = remembered_id(ASKED)
    if asked is None:
        return redirect(url_for(".sign_in_page"), 303)
    try:
        with runtime().reading() as session:
            pending = pending_sign_in(asked, session=session, at=runtime().clock.now())
    except SPENT as refusal:
        return _spent(refusal)
    return render_template("accounts/code.html", email=pending.email, error=error), status


def _confirm_form() -> Answer:
    try:
        with runtime().reading() as session:
            pending = sign_in_behind_link(
                cookie.get(LINK, ""), session=session, at=runtime().clock.now(), links=runtime().links
            )
            here = queries.person(person_id(), session=session).email if actor().is_signed_in else None
    except SPENT as refusal:
        return _spent(refusal)
    asked_here = pending.id == remembered_id(ASKED)
    return render_template(
        "accounts/confirm.html",
        masked_email=pending.masked_email,
        shown=pending.id,
        is_another=_shown() not in (None, pending.id),
        asked_here=asked_here,
        signed_in_as=here if here != pending.email else None,
    )


def _shown() -> UUID | None:
    """The request of the page on which the button was pressed."""
    return request.form.get("shown", type=UUID)


def _spent(refusal: LinkUsed | LinkExpired | LinkInvalid) -> tuple[str, int]:
    headlines = {
        LinkUsed: _("This link or code has already been used"),
        LinkExpired: _("This link or code has expired"),
        LinkInvalid: _("This link is not complete"),
    }
    page = render_template("accounts/spent.html", headline=headlines[type(refusal)])
    return page, status_of(refusal)


def _words_for(outcome: WrongCode) -> str:
    words: str = _("Codes no longer work for this request. Open the link in the message instead: it still works.")
    if outcome.attempts_left:
        left = outcome.attempts_left
        words = _("This is not the code we sent. Check the latest message; tries left: %(count)s.", count=left)
    return words
