"""What a new installation says of itself is true by the time it is said."""

from __future__ import annotations

import re

import pytest

from app import welcome
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
