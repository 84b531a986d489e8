"""How errors look: their status, a page in plain words for people, `application/problem+json` for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, SecurityError

from app.foundation.access import ProofNotFresh, SecondFactorNeeded, SignInNeeded
from app.foundation.errors import Conflict, DecileError, Gone, Invalid, NotFound, Refused, Unavailable
from app.foundation.web.asker import wants_problem
from app.foundation.web.gates import ask_for_proof, ask_to_sign_in, return_path
from app.foundation.web.http_words import http_words, pause_words
from app.foundation.web.limits import seconds_to_wait
from app.foundation.web.process import runtime

STATUS_OF_KIND: dict[type[DecileError], int] = {
    NotFound: 404,
    Refused: 403,
    Invalid: 422,
    Conflict: 409,
    Unavailable: 503,
}
STATUS_OF_ERROR: dict[type[DecileError], int] = {SignInNeeded: 401, Gone: 410}
log = structlog.get_logger("decile.web")


def register_errors(app: Flask) -> None:
    """Answer every error in our words, whoever raised it."""
    app.register_error_handler(DecileError, _answer_error)
    app.register_error_handler(CSRFError, _answer_csrf)
    app.register_error_handler(RateLimitExceeded, _answer_too_many)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(DBAPIError, _answer_database)
    app.register_error_handler(NoConnectionLeft, _answer_database)
    app.register_error_handler(Exception, _answer_unexpected)


def status_of(error: DecileError) -> int:
    """The HTTP status for an error of ours, by its kind."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[DecileError]) -> int:
    """The HTTP status for every error of this kind."""
    for parent in kind.__mro__:
        status = STATUS_OF_ERROR.get(parent) or STATUS_OF_KIND.get(parent)
        if status:
            return status
    return 500


def _answer_error(error: DecileError) -> Any:
    if not wants_problem():
        if isinstance(error, SignInNeeded):
            return ask_to_sign_in()
        if isinstance(error, SecondFactorNeeded):
            return redirect(url_for("accounts.second_factor_page", next=return_path()), code=303)
        if isinstance(error, ProofNotFresh):
            return ask_for_proof(return_path())
    if isinstance(error, Unavailable):  # a page says it in general words, and whoever runs this must learn which
        log.error("unavailable", code=error.code, detail=str(error))
    headline = _headline(error)
    return problem(error.code, status_of(error), str(error), headline=headline, is_ours=True, members=error.members())


def _headline(error: DecileError) -> str:
    headlines = {
        404: _("We found nothing here"),
        410: _("We found nothing here"),
        403: _("This is not open to you"),
        422: _("Something in what you sent needs correcting"),
        409: _("This is no longer possible"),
        401: _("Please sign in"),
    }
    return str(headlines.get(status_of(error), _("We cannot answer right now")))


def problem(
    code: str,
    status: int,
    detail: str,
    *,
    headline: str,
    is_ours: bool = False,
    back: str | None = None,
    members: Mapping[str, Any] | None = None,
) -> Response:
    """An error as `application/problem+json` for programs, as a page in plain words for people, with a way `back`.

    `members` are what a program is told beside the words.
    """
    base_url = runtime().settings.base_url
    if wants_problem():
        told = {"type": f"{base_url}/problems/{code}", "title": headline, "status": status, "detail": detail}
        response = jsonify(told | {"code": code} | dict(members or {}))
        response.mimetype = "application/problem+json"
    else:
        page = render_template(
            "error.html", status=status, code=code, headline=headline, detail=detail, is_ours=is_ours, back=back
        )
        response = Response(page, mimetype="text/html")
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer_csrf(_error: CSRFError) -> Response:
    detail = _("The form was open too long or came from elsewhere. Go back, reload the page and send it again.")
    return problem("form-expired", 403, detail, headline=_("Please send the form again"))


def _answer_too_many(error: RateLimitExceeded) -> Response:
    detail = (error.description if error.limit.error_message else None) or pause_words(seconds_to_wait())
    return problem("too-many-requests", 429, detail, headline=_("A short pause, please"))


def _answer_http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    if isinstance(error, InternalServerError) and error.original_exception:  # raised outside the view
        return _answer_fault(error.original_exception)
    if isinstance(error, SecurityError):  # a Host we do not answer to: no page can be built under it
        return Response("This host name is not ours.\n", status=status, mimetype="text/plain")
    if status == 404:
        detail = _("There is no page at this address. Check the link, or start from the front page.")
        return problem("not-found", 404, detail, headline=_("We found nothing here"))
    headline, detail = (error.name, _for_programs(error)) if wants_problem() else http_words(status)
    response = problem(f"http-{status}", status, detail, headline=headline, back=_form_page(status))
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _for_programs(error: HTTPException) -> str:
    """What the library says of it, with the limit where one was passed: a program cannot follow advice without it."""
    most = current_app.config["MAX_CONTENT_LENGTH"]
    limit = f" At most {most} bytes are taken at once; send less." if error.code == 413 and most else ""
    return (error.description or "") + limit


def _form_page(status: int) -> str | None:
    """The page with the form that a person sent too much by; its address is the form's own."""
    routes = current_app.create_url_adapter(request)
    return request.path if status == 413 and routes is not None and routes.test(method="GET") else None


def _answer_fault(fault: BaseException) -> Response:
    if isinstance(fault, DBAPIError | NoConnectionLeft):
        return _answer_database(fault)
    return _answer_unexpected(fault)


def _answer_database(fault: DBAPIError | NoConnectionLeft) -> Response:
    """Busy, restarting, or no connection left: that passes, so say to try again. Any other fault is a bug."""
    if isinstance(fault, DataError):  # of what was sent: PostgreSQL, for one, keeps no NUL in a text
        log.warning("unstorable", cause=type(fault.orig).__name__)
        detail = _("What you sent holds a character or a number that cannot be kept. Nothing was stored: correct it.")
        return problem("unstorable", 422, detail, headline=_("Something in what you sent needs correcting"))
    passes = isinstance(fault, OperationalError | NoConnectionLeft) or fault.connection_invalidated
    if not passes:
        return _answer_unexpected(fault)
    g.setdefault("database_failed", True)
    log.error("database.failed", error=type(fault).__name__, cause=type(getattr(fault, "orig", None)).__name__)
    detail = _("Nothing was lost, and what you just sent was not confirmed. Wait a moment, then send it again.")
    return problem("database-unavailable", 503, detail, headline=_("We cannot answer right now"))


def _answer_unexpected(error: BaseException) -> Response:
    """A fault of ours: say so, log its kind and place, show nothing of the inside."""
    log.error("unexpected", exc_info=error)
    detail = _("The fault is ours and has been recorded. What you had already sent and seen confirmed is kept.")
    return problem("internal", 500, detail, headline=_("Something went wrong on our side"))
