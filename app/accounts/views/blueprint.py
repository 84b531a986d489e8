"""What the pages of accounts share: the blueprint, and what this browser's signed cookie remembers for a while."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.browser_sessions import Browser
from app.accounts.keep_session_alive import keep_session_alive
from app.accounts.outcomes import SignedIn
from app.accounts.rules import device_of
from app.foundation.own_paths import safe_path
from app.foundation.web.asker import browser_token, notice
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import remember_sign_in

bp = Blueprint("accounts", __name__)

ASKED = "asked"  # the request this browser made
LINK = "link"  # the token of an opened link, taken out of the URL
JOINING = "joining"  # the request by which an address was proven
NEXT = "next"  # where the person was going
CHALLENGE = "challenge"  # the passkey challenge this browser was given
PROVING = "proving"  # the mailed code was asked for to prove again who is here
TOUCH_DUE = "touch_due"  # when the sign-in's use is next written down, Unix seconds


def this_browser() -> Browser:
    """Which browser is asking."""
    return Browser(device_of(request.user_agent.string), browser_token())


def remembered_id(name: str) -> UUID | None:
    """An id this browser's cookie holds. We signed the cookie, so what is there is an id of ours."""
    value = cookie.get(name)
    return UUID(value) if value else None


def let_in(outcome: SignedIn) -> AnyResponse:
    """Give the browser its fresh sign-in and send it on its way."""
    was_proving = cookie.get(PROVING, False)
    remember_sign_in(outcome.token)
    if was_proving:
        notice(you_are_proven())
    if outcome.needs_second_factor:
        return redirect(url_for("accounts.second_factor_page", next=outcome.return_path), 303)
    return redirect(outcome.return_path, 303)


def you_are_proven() -> str:
    """What a person is told who comes back from proving who they are."""
    return str(_("Thank you: we know it is you. You can go on where you were."))


def next_path() -> str:
    """Where to go afterwards: a path of ours, or the front page."""
    return safe_path(request.values.get("next"))


@bp.before_app_request
def write_down_use() -> None:
    """Every few minutes, move the idle limit of a sign-in in use."""
    token = None if request.endpoint == "static" else browser_token()
    if token is None or runtime().clock.now().timestamp() < cookie.get(TOUCH_DUE, 0):
        return
    with runtime().transaction_that_reads_first() as session:
        due_at = keep_session_alive(token, session=session, clock=runtime().clock)
    cookie[TOUCH_DUE] = int(due_at.timestamp())


@bp.after_request
def keep_out_of_caches(response: Response) -> Response:
    """Pages of signing in and of personal data are nobody else's, on a shared computer least of all."""
    response.headers["Cache-Control"] = "no-store"
    return response
