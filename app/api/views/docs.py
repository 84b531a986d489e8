"""What describes the API: /openapi.json for programs, /docs and the problem types for the people who write them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from itertools import chain
from typing import Any

from flask import Response, jsonify, render_template, request

from app.api import openapi
from app.api.errors import ProblemUnknown
from app.api.operations import PREFIX
from app.api.views.door import OPERATIONS, bp
from app.foundation.errors import DecileError
from app.foundation.web.headers import readable_everywhere
from app.foundation.web.problems import status_of_kind
from app.foundation.web.process import runtime

CACHE_SECONDS = 300
KEPT_DOCUMENTS = 4  # one per origin; a process has one, tests have more


@bp.get("/openapi.json")
def openapi_document() -> Response:
    """The whole document."""
    response = readable_everywhere(jsonify(_document(runtime().settings.base_url)))
    response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug gives the same response back


@bp.get("/docs")
def docs() -> str:
    """The same to read, without a script."""
    described = _document(runtime().settings.base_url)
    return render_template(
        "api/docs.html",
        about=described["info"]["description"].split("\n\n"),
        tags=[tag["name"] for tag in described["tags"]],
        operations=[(operation, _told(operation, described)) for operation in OPERATIONS],
        prefix=PREFIX,
    )


@bp.get("/problems/<code>")
def problem_type(code: str) -> str:
    """What the `type` of an error leads to."""
    known = _problems()
    if code not in known:
        raise ProblemUnknown
    return render_template("api/problem.html", code=code, means=known[code])


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _document(base_url: str) -> Any:
    return openapi.document(OPERATIONS, base_url=base_url, status_of=status_of_kind)


def _told(operation: Any, described: Any) -> Any:
    return described["paths"][PREFIX + openapi.path_of(operation)][operation.method.lower()]


@lru_cache(maxsize=1)
def _problems() -> dict[str, str]:
    """The meaning of every error by its code; where a code has several, that of the one nearest to the root."""
    found: dict[str, str] = {}
    by_status = (openapi.ALWAYS, openapi.WITH_A_BODY, openapi.ANYWHERE)
    for words in chain.from_iterable(chain.from_iterable(told.values() for told in by_status)):
        code, _, means = words.partition(": ")
        found[code] = means.replace("`", "")
    for kind in _below(DecileError):
        found.setdefault(kind.code, kind.__doc__ or "")
    for status in (one for one in HTTPStatus if one >= HTTPStatus.BAD_REQUEST):  # by the web library
        found.setdefault(f"http-{status.value}", f"{status.phrase}.")
    return found


def _below(kind: type[DecileError]) -> Iterator[type[DecileError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
