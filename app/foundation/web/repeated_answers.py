"""An answer that a stranger got is given to the next one too, for as long as its view can tell that it still holds.

Thousands read one certificate. What a request costs before and after its view (routes, limits, cookie, headers, log) is
more than the question whether anything has changed; here only that question is asked. Nobody who sends a cookie or a
token is answered so, and no limit counts those who are: their answer costs less than a refusal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request
from werkzeug.datastructures import Headers
from werkzeug.http import is_entity_header, parse_etags, parse_set_header, unquote_etag

from app.foundation.web.headers import RULE

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOLDS, MET = "decile.still_holds", "decile.met"
MOST = 200
LARGEST = 60_000  # bytes; a page has some 12,000
LONGEST_KEY = 2000  # characters that a request says of what it wants
# What tells two answers apart; whatever else a request says of the answer that it wants is asked anew.
TELLING = ("HTTP_HOST", "wsgi.url_scheme", "PATH_INFO", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE")
OF_ONE_READER = (
    "HTTP_COOKIE", "HTTP_AUTHORIZATION", "QUERY_STRING",
    "HTTP_RANGE", "HTTP_IF_MATCH", "HTTP_IF_RANGE", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE",
)  # fmt: skip
VARYING = frozenset({"accept", "accept-language", "cookie"})
OF_ONE_ANSWER = ("x-ratelimit-", "date")  # the date is the server's to say
OF_A_BODY = ("X-Accel-Expires",)

Key = tuple[str, ...]
Told = list[tuple[str, str]]


def repeat_while(holds: Callable[[], bool]) -> None:
    """The answer to this request may be given again, in place of its view, as often as `holds()` is true before.

    `holds` runs outside the application, in any thread, once for each such answer; what is to happen with each, as
    counting it, is done by it too. What it raises is raised in the next request, which answers as for any fault.
    """
    request.environ[HOLDS] = holds


def raise_what_was_met() -> None:
    """Before a view: what kept us from finding out whether an answer still holds."""
    if (problem := request.environ.get(MET)) is not None:
        raise problem


@dataclass(frozen=True, slots=True)
class _Kept:
    headers: Told
    unchanged: Told  # those that stand with a 304
    body: bytes
    etag: str
    rule: str | None
    holds: Callable[[], bool]

    def give(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[RULE] = self.rule  # for whoever counts answers around the application
        held = environ.get("HTTP_IF_NONE_MATCH")
        if held and parse_etags(held).contains_weak(self.etag):
            start_response("304 NOT MODIFIED", [*self.unchanged])  # a server may add to the list that it is given
            return []
        start_response("200 OK", [*self.headers])
        return [self.body]


class RepeatedAnswers:
    """The application, asked only where no answer is kept or the kept one holds no more."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self._kept: dict[Key, _Kept] = {}
        self._one_at_a_time = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The kept answer, or the application's."""
        key = _key_of(environ)
        if key is None:
            return self.application(environ, start_response)
        kept = self._kept.get(key)
        if kept is None:
            return self._asked(key, environ, start_response)[0]
        try:
            if kept.holds():
                return kept.give(environ, start_response)
        except Exception as problem:  # noqa: BLE001  the application says what it means, as for any request
            environ[MET] = problem
        return self._asked_anew(key, environ, start_response)

    def _asked_anew(self, key: Key, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Also for who has the present answer already: else none is kept while everybody has it."""
        held = environ.pop("HTTP_IF_NONE_MATCH", None)
        told: list[tuple[Any, ...]] = []

        def start(*given: Any) -> Any:
            told[:] = [given]

        answer, fresh = self._asked(key, environ, start)
        if held is not None and fresh is not None:
            environ["HTTP_IF_NONE_MATCH"] = held
            return fresh.give(environ, start_response)
        start_response(*told[0])
        return answer

    def _asked(
        self, key: Key, environ: WSGIEnvironment, start_response: StartResponse
    ) -> tuple[Iterable[bytes], _Kept | None]:
        """The application's answer, and what is kept of it."""
        begun: list[tuple[str, Told]] = []

        def start(status: str, headers: Told, *rest: Any) -> Any:
            begun[:] = [(status, [*headers])]
            return start_response(status, headers, *rest)

        answer = self.application(environ, start)  # Flask has begun its answer when it returns
        with self._one_at_a_time:
            self._kept.pop(key, None)
        holds = environ.get(HOLDS)
        if holds is None or not begun or not begun[0][0].startswith("200"):
            return answer, None
        try:
            body = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        fresh = _kept_of(Headers(begun[0][1]), body, environ.get(RULE), holds)
        if fresh is not None:
            with self._one_at_a_time:
                while len(self._kept) >= MOST:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = fresh
        return [body], fresh


def _kept_of(sent: Headers, body: bytes, rule: str | None, holds: Callable[[], bool]) -> _Kept | None:
    """None for what is one reader's, too large, or says too little to be told from others."""
    etag, _is_weak = unquote_etag(sent.get("ETag"))
    varies = parse_set_header(sent.get("Vary")).as_set()
    if etag is None or "Set-Cookie" in sent or not varies <= VARYING or len(body) > LARGEST:
        return None
    headers = [one for one in sent if not one[0].lower().startswith(OF_ONE_ANSWER)]
    unchanged = [one for one in headers if not (is_entity_header(one[0]) or one[0] in OF_A_BODY)]
    return _Kept(headers, unchanged, body, etag, rule, holds)


def _key_of(environ: WSGIEnvironment) -> Key | None:
    """What tells this request's answer from others; None where it is one reader's, or no plain look."""
    if environ["REQUEST_METHOD"] != "GET" or any(environ.get(name) for name in OF_ONE_READER):
        return None
    key = tuple(environ.get(name, "") for name in TELLING)
    return key if key[0] and sum(map(len, key)) <= LONGEST_KEY else None
