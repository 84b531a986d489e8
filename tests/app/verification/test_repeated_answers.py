"""What one stranger was shown of a certificate is given to the next as long as it holds; nobody is shown more by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.credentials.models import Credential
from app.credentials.states import Visibility
from app.foundation import db
from app.foundation.db import Database
from app.foundation.web.repeated_answers import LARGEST, MOST, RepeatedAnswers, repeat_while
from app.verification.count_verification import write_held_counts
from app.verification.erase_counts import erase_counts
from app.verification.models import VerificationCount
from tests.app.verification.register import FRENCH, HTML, Register

OF_ONE_ANSWER = ("X-RateLimit", "Retry-After", "Date")  # the last is the server’s to say
SIGNED = {"Accept": "application/json"}


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


@pytest.mark.parametrize(
    "change", [close, suspend, name, erase, end, wait_a_minute, revoke], ids=lambda one: one.__name__
)
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


@contextmanager
def no_connection_left(database: Database) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(db.POOL_SIZE + db.POOL_OVERFLOW):
            stack.enter_context(database._reading_engine.connect())
        yield


def test_without_the_register_nothing_is_repeated(app, code, database, monkeypatch) -> None:
    monkeypatch.setattr(db, "POOL_WAIT_SECONDS", 0.05)
    for _ in range(2):
        assert app.test_client().get(f"/c/{code}", headers=HTML).status_code == 200
    database.dispose()
    with no_connection_left(database):
        assert app.test_client().get(f"/c/{code}", headers=HTML).status_code == 503
    assert app.test_client().get(f"/c/{code}", headers=HTML).status_code == 200


class Site:
    """A small application of its own, and how often it was asked."""

    def __init__(self, *headers: tuple[str, str], body: bytes = b"answer", status: str = "200 OK") -> None:
        self.headers, self.body, self.status, self.times, self.holds = list(headers), body, status, 0, True

    def __call__(self, environ, start_response):
        self.times += 1
        environ["decile.still_holds"] = lambda: self.holds
        start_response(self.status, self.headers)
        return [self.body]


def looks(site: Site, number: int, path: str = "/c/x", **more: str) -> None:
    middle = RepeatedAnswers(site)
    for place in range(number):
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path.format(place),
            "HTTP_HOST": "t",
            "wsgi.url_scheme": "http",
        }
        list(middle({**environ, **more}, lambda *_: None))


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
    ],
    ids=["cookie", "no-etag", "origin", "anything", "missing", "large", "head", "post", "long", "no-host", "query"],
)
def test_what_is_one_readers_or_says_too_little_is_never_kept(site: Site, more: dict[str, str]) -> None:
    looks(site, 3, **more)
    assert site.times == 3


def test_it_is_asked_once_while_it_holds_and_each_time_once_it_does_not() -> None:
    site = Site(ETAG, VARY)
    looks(site, 3)
    assert site.times == 1
    site.holds = False
    looks(site, 3)
    assert site.times == 4


def test_so_many_are_kept_and_no_more() -> None:
    site = Site(ETAG, VARY)
    middle = RepeatedAnswers(site)
    for place in range(3 * MOST):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/{place}", "HTTP_HOST": "t", "wsgi.url_scheme": "http"}
        list(middle(environ, lambda *_: None))
        assert len(middle._kept) <= MOST


def test_a_view_says_so_within_its_request(app) -> None:
    with app.test_request_context("/"):
        repeat_while(lambda: True)
