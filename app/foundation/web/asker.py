"""Who is asking, in which language, and whether a page or JSON is wanted."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, g, request
from flask_login import current_user
from werkzeug.wrappers import Request

from app.foundation.access import ANONYMOUS, Actor, SignInNeeded
from app.foundation.own_paths import safe_path

LANGUAGES = ("en", "fr")
LANGUAGE_COOKIE = "decile_language"
KINDS_OF_ANSWER = ("application/problem+json", "application/json", "text/html")  # of equal ones the first is best
PROGRAMS = "/api/"  # below it programs ask, with tokens: cookies are not looked at, and errors are never pages
WITHOUT_PAGES = (PROGRAMS, "/status/", "/.well-known/", "/log/")  # nor at any address that ends in .json


def actor() -> Actor:
    """Who is asking; `ANONYMOUS` when nobody is signed in."""
    return current_user.actor if current_user.is_authenticated else ANONYMOUS


def person_id() -> UUID:
    """Who is signed in; for views behind `require_signed_in`."""
    found = actor().person_id
    if found is None:
        raise SignInNeeded
    return found


def browser_token() -> str | None:
    """The token of this browser's sign-in, or None."""
    return cast("str", current_user.id) if current_user.is_authenticated else None


def is_for_programs() -> bool:
    """Whether this address is part of the API, known to it or not."""
    return request.path.startswith(PROGRAMS)


def prefers_json() -> bool:
    """Whether the asker would rather read JSON than a page."""
    if is_for_programs():
        return True
    if request.is_json:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html"


def wants_problem() -> bool:
    """Whether an error is no page: for who prefers JSON or takes no page, and where there are none."""
    taken = request.accept_mimetypes
    return prefers_json() or _has_no_page(request.path) or (bool(taken) and not taken.accept_html)


def asks_for_page(environ: dict[str, Any]) -> bool:
    """Whether a request that reached no Flask says that a page is the best answer, where there are pages."""
    asked = Request(environ)
    return not _has_no_page(asked.path) and asked.accept_mimetypes.best_match(KINDS_OF_ANSWER) == "text/html"


def _has_no_page(path: str) -> bool:
    return path.startswith(WITHOUT_PAGES) or path.endswith(".json")


def language_of_request() -> str:
    """`en` or `fr`: what the person chose, else what the browser asks for."""
    if "language" in g:
        return cast("str", g.language)
    chosen = request.args.get("language") or request.cookies.get(LANGUAGE_COOKIE)
    g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    return cast("str", g.language)


def here_in(language: str) -> str:
    """A link from this page to itself in another language, with whatever else its address says.

    Where it says to go on to is ours or nothing: no link of ours repeats the address of another site.
    """
    said = [(name, value) for name, value in request.args.items(multi=True) if name != "language"]
    kept = [(name, safe_path(value) if name == "next" else value) for name, value in said]
    return "?" + urlencode([*kept, ("language", language)])


def notice(text: str) -> None:
    """Show `text` once, on the next page."""
    flash(text)
