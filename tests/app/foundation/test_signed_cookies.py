"""What a browser's cookie says is believed under the present key and the former ones, and under no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.factory import create_app

FIRST, SECOND = "a" * 40, "b" * 40


def _client(runtime, *keys):
    settings = runtime.settings.model_copy(update={"secret_keys": keys})
    return create_app(replace(runtime, settings=settings)).test_client()


def _remembered(client, cookie=None):
    if cookie is not None:
        client.set_cookie(cookie.key, cookie.value)
    client.get("/sign-in")
    with client.session_transaction() as session:
        return session["csrf_token"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_cookie_outlives_a_new_key_as_long_as_the_former_one_is_kept(runtime):
    client = _client(runtime, FIRST)
    token = _remembered(client)
    cookie = client.get_cookie("decile")
    assert _remembered(_client(runtime, SECOND, FIRST), cookie) == token
    assert _remembered(_client(runtime, SECOND), cookie) != token
