"""Style sheet and scripts have addresses that say what is in them, and are asked for once."""

from __future__ import annotations

import re

import pytest
from flask import Flask, url_for

from app.foundation.web.static_files import FOR_GOOD, name_by_content
from tests.app.accounts.visitor import Visitor

ADDRESS = re.compile(r"(?:href|src)=\"(/static/[^\"]+)\"")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@on_sqlite
def test_whatever_a_page_loads_may_be_kept_for_a_year(client) -> None:
    addresses = set(ADDRESS.findall(client.get("/").text))
    assert {address.partition("?")[0] for address in addresses} >= {"/static/decile.css", "/static/mark.svg"}
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, FOR_GOOD), address
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.headers["Cache-Control"]) == (304, FOR_GOOD), address


@on_sqlite
def test_what_anybody_may_keep_carries_nobodys_cookie(app, runtime) -> None:
    visitor = Visitor(app, runtime)
    visitor.sign_in("ada@example.org")
    for address in set(ADDRESS.findall(visitor.open("/").text)):
        answer = visitor.open(address)
        assert (answer.headers["Cache-Control"], answer.headers.get("Set-Cookie")) == (FOR_GOOD, None), address


@on_sqlite
@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000", "?w=1"])
def test_under_another_address_a_file_is_asked_for_each_time(client, query: str) -> None:
    answer = client.get(f"/static/decile.css{query}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@on_sqlite
def test_what_is_not_there_is_never_kept(client) -> None:
    address = ADDRESS.findall(client.get("/").text)[0]
    answer = client.get(re.sub(r"/static/[^?]+", "/static/nothing.css", address))
    assert answer.status_code == 404
    assert answer.headers.get("Cache-Control") != FOR_GOOD


def test_a_file_that_is_changed_has_another_address(tmp_path) -> None:
    addresses = []
    for content in ("a {}", "b {}", "a {}"):
        (tmp_path / "style.css").write_text(content, encoding="utf-8")
        app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
        name_by_content(app)
        with app.test_request_context():
            addresses.append(url_for("static", filename="style.css"))
    assert addresses[0] == addresses[2] != addresses[1]
