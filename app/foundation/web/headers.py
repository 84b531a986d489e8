"""What every answer carries, and what is written down of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import structlog
from flask import Response, g, request, session
from werkzeug.wrappers import Response as AnyResponse

from app.foundation.web.asker import LANGUAGE_COOKIE, LANGUAGES
from app.foundation.web.process import runtime
from app.foundation.web.sign_ins import SIGN_IN_KEY
from app.foundation.web.static_files import FOR_GOOD, may_be_kept

LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600
RETRY_AFTER_SECONDS = 5
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
STRICT_TRANSPORT = "max-age=63072000; includeSubDomains"
RULE = "decile.rule"  # where whoever stands around the application finds the route of a request
EXPOSED = "Decile-Verdict, ETag, Retry-After"  # what pages of other origins may read beside the usual few
R = TypeVar("R", bound=AnyResponse)
log = structlog.get_logger("decile.web")


def finish(response: Response) -> Response:
    """The answer with the headers that are due, written down."""
    present = {name.lower() for name, _ in response.headers}  # once: the headers' own look-up reads them all
    for name, value in _headers_due():
        if name.lower() not in present:
            response.headers.add(name, value)
    if response.status_code in (200, 304) and may_be_kept():
        response.headers["Cache-Control"] = FOR_GOOD
    if response.status_code == 503:  # the limiter put the end of its own window there
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    elif response.status_code != 429 and "retry-after" in present:  # and on answers that nobody has to repeat
        del response.headers["Retry-After"]
    _remember_language(response)
    _log_request(response)
    return response


def readable_everywhere(response: R) -> R:
    """The same answer, which a page of any other origin may read: it hangs on nothing that a browser adds by itself."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _headers_due() -> Iterator[tuple[str, str]]:
    """What goes out unless the view has said otherwise."""
    yield from HEADERS.items()
    if runtime().settings.is_https:
        yield "Strict-Transport-Security", STRICT_TRANSPORT
    if SIGN_IN_KEY in session or request.method != "GET":  # asking who it is would need the database
        yield "Cache-Control", "no-store"


def _remember_language(response: Response) -> None:
    if request.args.get("language") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            request.args["language"],
            max_age=LANGUAGE_COOKIE_SECONDS,
            secure=runtime().settings.is_https,
            httponly=True,
            samesite="Lax",
        )


def _log_request(response: Response) -> None:
    """The rule and never the path: a path may hold a token or a code, a rule holds neither."""
    rule = request.url_rule.rule if request.url_rule else None
    request.environ[RULE] = rule
    started_at = g.get("started_at")
    elapsed = (runtime().clock.now() - started_at).total_seconds() * 1000 if started_at else None
    log.info("request", method=request.method, rule=rule, status=response.status_code, milliseconds=elapsed)
