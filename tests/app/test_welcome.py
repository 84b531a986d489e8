"""What a new installation says of itself is true by the time it is said."""

from __future__ import annotations

import re

import pytest

from app import welcome
from app.demo import queries as demo
from app.demo.cast import STAFF
from app.factory import create_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part


def test_whoever_follows_a_link_the_moment_it_is_printed_is_let_in(runtime, monkeypatch):
    visitor, answers = create_app(runtime).test_client(), []

    def follow(said: str = "") -> None:
        paths = re.findall(r"http://localhost(/sign-in/link\S+)", said)
        answers.extend(visitor.get(path, follow_redirects=True).status_code for path in paths)

    monkeypatch.setattr(welcome.click, "echo", follow)
    welcome.greet(runtime)
    assert answers == [200] * 3


def test_each_address_that_can_be_signed_in_stands_beside_its_link(runtime, capsys):
    welcome.greet(runtime)
    said = capsys.readouterr().out
    for _, email, _ in welcome.TRY_OUT_PEOPLE:
        assert re.search(rf" {re.escape(email)} +http\S+token=", said)


def test_so_it_does_where_the_demonstration_is_loaded(runtime, capsys, monkeypatch):
    monkeypatch.setattr(demo, "is_loaded", lambda **_: True)
    monkeypatch.setattr(demo, "sights", lambda **_: demo.Sights(None, None, None, None))
    welcome.greet(runtime)
    said = capsys.readouterr().out
    for part in STAFF:
        assert re.search(rf" {re.escape(part.email)} +http\S+token=", said)
