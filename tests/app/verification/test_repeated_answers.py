"""What one stranger was shown of a certificate is given to the next as long as it holds; nobody is shown more by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.credentials.models import Credential
from app.credentials.states import Visibility
from app.foundation import db
from app.foundation.db import Database
from app.foundation.web.repeated_answers import LARGEST, MOST, OF_ONE_READER, TELLING, RepeatedAnswers
from app.verification.count_verification import write_held_counts
from app.verification.erase_counts import erase_counts
from app.verification.models import VerificationCount
from tests.app.verification.register import FRENCH, HTML, Register

OF_ONE_ANSWER = ("X-RateLimit", "Retry-After", "Date")  # the last is the server’s to say
SIGNED = {"Accept": "application/json"}
WAIT_SECONDS = 1.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr(db, "POOL_WAIT_SECONDS", WAIT_SECONDS)  # before any engine is made


@pytest.fixture
def code(register: Register) -> str:
    return register.issued()


@pytest.fixture
def asked(database: Database) -> Iterator[list[str]]:
    """Every statement that a look sends to the register, in order."""
    statements: list[str] = []

    def keep(*given: Any) -> None:
        statements.append(given[2])

    event.listen(database._reading_engine, "before_cursor_execute", keep)
    yield statements
    event.remove(database._reading_engine, "before_cursor_execute", keep)


def told(answer) -> tuple[int, bytes, set[tuple[str, str]]]:
    """All of an answer but what is said of the one who asked."""
    headers = {(name, value) for name, value in answer.headers if not name.startswith(OF_ONE_ANSWER)}
    return answer.status_code, answer.data, headers


def without_what_is_kept(app: Flask) -> Flask:
    """The application, asked each time from here on."""
    app.wsgi_app = app.wsgi_app.application.application
    return app


@pytest.mark.parametrize("path", ["/c/{}", *(f"/c/{{}}.{kind}" for kind in ("json", "jwt", "svg"))])
@pytest.mark.parametrize("headers", [HTML, FRENCH, SIGNED, {}], ids=["en", "fr", "json", "none"])
def test_it_is_the_same_to_the_byte_as_what_the_application_answers(app, code, asked, path, headers) -> None:
    def ask(**more: str) -> tuple[int, bytes, set[tuple[str, str]]]:
        return told(app.test_client().get(path.format(code), headers={**headers, **more}))

    first = ask()
    etag = {"If-None-Match": dict(first[2])["ETag"]}
    asked.clear()
    again, unchanged = ask(), ask(**etag)
    assert len(asked) == 4, "twice what it rests on, and its place in the log, which it has not got yet"
    without_what_is_kept(app)
    assert first == again == ask()
    assert unchanged == ask(**etag)
    assert unchanged[:2] == (304, b"")


def test_each_reader_is_counted_and_a_head_is_no_look(app, code, runtime) -> None:
    for _ in range(5):
        app.test_client().get(f"/c/{code}", headers=HTML)
    etag = app.test_client().get(f"/c/{code}", headers=HTML).headers["ETag"]
    app.test_client().get(f"/c/{code}", headers={**HTML, "If-None-Match": etag})
    app.test_client().head(f"/c/{code}", headers=HTML)
    write_held_counts(runtime.database)
    with runtime.reading() as session:
        assert [row.times for row in session.query(VerificationCount)] == [7]


def test_languages_kinds_hosts_and_schemes_are_answered_apart(app, code) -> None:
    def texts(**more: str) -> list[str]:
        return [app.test_client().get(f"/c/{code}", headers=one, **more).text for one in (HTML, FRENCH, SIGNED)]

    english, french, signed = texts()
    assert len({english, french, signed}) == 3
    assert texts() == texts() == [english, french, signed]
    assert app.test_client().get(f"/c/{code}", headers=HTML, base_url="http://elsewhere.example").status_code == 400


@pytest.mark.parametrize(
    "mine", [{"Cookie": "language=fr"}, {"Cookie": "decile=x"}, {"Authorization": "Bearer x"}, {"Range": "bytes=0-3"}]
)
def test_whoever_says_more_of_themselves_is_answered_by_the_application(app, code, mine) -> None:
    strangers = app.test_client().get(f"/c/{code}", headers=HTML)
    with_cookie = app.test_client(use_cookies=False).get(f"/c/{code}", headers={**HTML, **mine})
    assert "X-RateLimit-Limit" in with_cookie.headers, "counted, as nothing that is repeated is"
    assert ("X-Accel-Expires" in with_cookie.headers) == ("Cookie" not in mine)
    assert app.test_client().get(f"/c/{code}", headers=HTML).data == strangers.data


def test_a_language_in_the_address_is_one_readers(app, code) -> None:
    english = app.test_client().get(f"/c/{code}", headers=HTML)
    french = app.test_client().get(f"/c/{code}?language=fr", headers=HTML)
    assert "Set-Cookie" in french.headers
    assert app.test_client().get(f"/c/{code}", headers=HTML).data == english.data


def close(register: Register, code: str) -> None:
    register.change(code, visibility=Visibility.PRIVATE)


def suspend(register: Register, code: str) -> None:
    register.change(code, suspended_at=register.clock.now())


def name(register: Register, code: str) -> None:
    register.change(code, shown_name="Zoë O’Neil")


def erase(register: Register, code: str) -> None:
    with register.database.transaction() as session:
        erase_counts(session.scalars(select(Credential.id)).all(), session=session)
    register.erase(code)


def end(register: Register, _code: str) -> None:
    register.clock.advance(timedelta(days=365))


def wait_a_minute(register: Register, _code: str) -> None:
    register.clock.advance(timedelta(minutes=1))


def revoke(register: Register, code: str) -> None:
    register.revoke(code)


CHANGES = pytest.mark.parametrize(
    "change", [close, suspend, name, erase, end, wait_a_minute, revoke], ids=lambda one: one.__name__
)


@CHANGES
@pytest.mark.parametrize("headers", [HTML, SIGNED], ids=["page", "json"])
def test_case_048_the_next_reader_sees_every_change(app, code, register, change: Callable[..., None], headers) -> None:
    for _ in range(2):
        former = app.test_client().get(f"/c/{code}", headers=headers)
    change(register, code)
    etag = {"If-None-Match": former.headers["ETag"]}
    now, held = (app.test_client().get(f"/c/{code}", headers=one) for one in (headers, {**headers, **etag}))
    without_what_is_kept(app)
    assert told(now) == told(app.test_client().get(f"/c/{code}", headers=headers))
    assert told(held) == told(app.test_client().get(f"/c/{code}", headers={**headers, **etag}))
    if change is not wait_a_minute and (headers == HTML or change is not name):
        assert held.status_code != 304


@CHANGES
def test_a_change_is_seen_although_another_kind_was_looked_at_since(app, code, register, change) -> None:
    """Then what is remembered of the certificate is new, and the kept page alone is old."""
    former = app.test_client().get(f"/c/{code}", headers=HTML)
    change(register, code)
    app.test_client().get(f"/c/{code}.jwt")
    now = app.test_client().get(f"/c/{code}", headers=HTML)
    assert now.data != former.data
    without_what_is_kept(app)
    assert told(now) == told(app.test_client().get(f"/c/{code}", headers=HTML))


@contextmanager
def no_connection_left(database: Database) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(db.POOL_SIZE + db.POOL_OVERFLOW):
            stack.enter_context(database._reading_engine.connect())
        yield


def test_without_the_register_nothing_is_repeated(app, code, database) -> None:
    for _ in range(2):
        assert app.test_client().get(f"/c/{code}", headers=HTML).status_code == 200
    database.dispose()
    with no_connection_left(database):
        began = time.monotonic()
        assert app.test_client().get(f"/c/{code}", headers=HTML).status_code == 503
        assert time.monotonic() - began < 2 * WAIT_SECONDS, "it is waited for once"
    assert app.test_client().get(f"/c/{code}", headers=HTML).status_code == 200


class Site:
    """A small application of its own, and how often it was asked."""

    def __init__(self, *headers: tuple[str, str], body: bytes = b"answer", status: str = "200 OK") -> None:
        self.headers, self.body, self.status, self.times = list(headers), body, status, 0
        self.holds: Callable[[], bool] = lambda: True

    def _still_holds(self) -> bool:
        return self.holds()

    def __call__(self, environ, start_response):
        self.times += 1
        environ["decile.still_holds"] = self._still_holds
        start_response(self.status, [*self.headers])
        return [self.body]


def look(middle: RepeatedAnswers, path: str = "/c/x", **more: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body; the server adds a header of its own to the list that it is handed."""
    begun: list[Any] = []

    def start(status, headers, *_rest):
        begun[:] = [status, list(headers)]
        headers.append(("Via", "a server"))

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "t", "wsgi.url_scheme": "http", **more}
    body = b"".join(middle(environ, start))
    return begun[0], begun[1], body


ETAG, VARY = ("ETag", '"1"'), ("Vary", "Accept, Accept-Language, Cookie")


@pytest.mark.parametrize(
    ("site", "more"),
    [
        (Site(ETAG, VARY, ("Set-Cookie", "a=b")), {}),
        (Site(VARY), {}),
        (Site(ETAG, ("Vary", "Accept, Origin")), {}),
        (Site(ETAG, ("Vary", "*")), {}),
        (Site(ETAG, VARY, status="404 NOT FOUND"), {}),
        (Site(ETAG, VARY, body=bytes(LARGEST + 1)), {}),
        (Site(ETAG, VARY), {"REQUEST_METHOD": "HEAD"}),
        (Site(ETAG, VARY), {"REQUEST_METHOD": "POST"}),
        (Site(ETAG, VARY), {"HTTP_ACCEPT": "x" * 3000}),
        (Site(ETAG, VARY), {"HTTP_HOST": ""}),
        (Site(ETAG, VARY), {"QUERY_STRING": "a=b"}),
        *((Site(ETAG, VARY), {name: "x"}) for name in OF_ONE_READER),
    ],
)
def test_what_is_one_readers_or_says_too_little_is_never_kept(site: Site, more: dict[str, str]) -> None:
    middle = RepeatedAnswers(site)
    for _ in range(3):
        look(middle, **more)
    assert site.times == 3


@pytest.mark.parametrize("name", TELLING)
def test_each_thing_that_tells_answers_apart_does(name: str) -> None:
    site = Site(ETAG, VARY)
    middle = RepeatedAnswers(site)
    for value in ("/one", "/other", "/one"):
        look(middle, **{name: value})
    assert site.times == 2


def test_it_is_asked_once_while_it_holds_and_each_time_once_it_does_not() -> None:
    site = Site(ETAG, VARY)
    middle = RepeatedAnswers(site)
    first = look(middle)
    assert [look(middle) for _ in range(3)] == [first] * 3, "and no list that a server has added to"
    assert site.times == 1
    site.holds = lambda: False
    assert [look(middle) for _ in range(3)] == [first] * 3
    assert site.times == 4


def test_readers_who_all_have_the_page_are_answered_from_what_is_kept() -> None:
    site = Site(ETAG, VARY, ("X-Accel-Expires", "1"), ("Content-Length", "6"))
    middle, has_it = RepeatedAnswers(site), {"HTTP_IF_NONE_MATCH": 'W/"1"'}
    look(middle)
    site.holds = lambda: False
    assert look(middle, **has_it) == ("304 NOT MODIFIED", [ETAG, VARY], b"")
    site.holds = lambda: True
    assert [look(middle, **has_it)[0] for _ in range(3)] == ["304 NOT MODIFIED"] * 3
    assert site.times == 2
    site.holds, site.headers[0] = lambda: False, ("ETag", '"2"')
    assert look(middle, **has_it)[0::2] == ("200 OK", b"answer")
    site.status = "404 NOT FOUND"
    assert look(middle, **has_it)[0] == "404 NOT FOUND"


def test_what_keeps_us_from_finding_out_reaches_the_application() -> None:
    met: list[object] = []

    def site(environ, start_response):
        met.append(environ.get("decile.met"))
        return Site(ETAG, VARY)(environ, start_response)

    def fails() -> bool:
        raise OSError("no such lock")

    middle = RepeatedAnswers(site)
    look(middle)
    middle._kept[next(iter(middle._kept))] = replace(next(iter(middle._kept.values())), holds=fails)
    look(middle)
    assert [type(one) for one in met] == [type(None), OSError]


def test_so_many_are_kept_and_the_latest_of_them() -> None:
    site = Site(ETAG, VARY)
    middle = RepeatedAnswers(site)
    for place in range(2 * MOST):
        look(middle, path=f"/{place}")
    assert len(middle._kept) == MOST
    look(middle, path=f"/{2 * MOST - 1}")
    look(middle, path=f"/{MOST}")
    assert site.times == 2 * MOST


def test_what_was_met_is_answered_as_any_fault(app, code) -> None:
    app.test_client().get(f"/c/{code}", headers=HTML)
    kept = app.wsgi_app.application._kept

    def fails() -> bool:
        raise OSError("no such lock")

    key, former = kept.popitem()
    kept[key] = replace(former, holds=fails)
    answer = app.test_client().get(f"/c/{code}", headers=HTML)
    assert (answer.status_code, "<h1>" in answer.text) == (500, True)
    assert app.test_client().get(f"/c/{code}", headers=HTML).status_code == 200
