"""Errors that the web library finds before any view of ours are answered in our words too."""

from __future__ import annotations

import re

import pytest
from werkzeug.exceptions import default_exceptions

from app.factory import create_app
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.rates import RatePolicy

HTML = {"Accept": "text/html"}
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize("status", [400, 405, 413, 415, 422])
def test_no_page_shows_the_librarys_own_words(runtime, status: int) -> None:
    error = default_exceptions[status]()

    def fail() -> None:
        raise error

    app = create_app(runtime)
    app.add_url_rule("/broken", "broken", fail)
    answer = app.test_client().get("/broken", headers=HTML)
    assert answer.status_code == status
    assert f"<h1>{error.name}</h1>" not in answer.text
    assert str(error.description) not in answer.text


def test_an_address_that_takes_forms_alone_says_so(runtime) -> None:
    answer = create_app(runtime).test_client().get("/sign-out", headers=HTML)
    assert answer.status_code == 405
    assert "takes no requests of this kind" in answer.text


def refused(runtime, path: str, **values: int):
    """The page that one request too many gets."""
    with runtime.transaction() as session:
        policies.set_policy(RatePolicy, values, session=session, at=runtime.clock.now(), actor=operator())
    client = create_app(runtime).test_client()
    client.get(path, headers=HTML)
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 429
    return answer


def test_who_has_to_wait_for_long_is_told_how_long(runtime) -> None:
    answer = refused(runtime, "/second-address/nobodys", sign_in_confirmations_per_hour=1)
    minutes = int(re.search(r"Try again in (\d+) minutes", answer.text)[1])
    assert 2 < minutes <= 61
    assert minutes * 60 >= int(answer.headers["Retry-After"])


def test_who_has_to_wait_for_a_moment_is_told_no_number(runtime) -> None:
    assert "Wait a moment, then try again." in refused(runtime, "/verify", verifications_per_minute=1).text


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/norms/00000000-0000-0000-0000-000000000000.json", "*/*"),
        ("/nothing.json", "text/html"),
        ("/status/99", "application/vc+ld+json"),
        ("/status/99", "*/*"),
        ("/.well-known/nothing", "*/*"),
        ("/log/tile/0/nothing", "*/*"),
        ("/nothing", "application/vc+ld+json"),
        ("/nothing", "application/jwt, application/json;q=0.5"),
    ],
)
def test_a_program_gets_no_page_where_it_asks_for_none_or_where_there_is_none(runtime, path: str, accept: str) -> None:
    answer = create_app(runtime).test_client().get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["type"].endswith(f"/problems/{answer.json['code']}")


@pytest.mark.parametrize("accept", ["*/*", "text/html", "image/avif,*/*;q=0.8", "application/vc+ld+json, text/html"])
def test_elsewhere_whoever_takes_a_page_gets_one(runtime, accept: str) -> None:
    answer = create_app(runtime).test_client().get("/nothing", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
