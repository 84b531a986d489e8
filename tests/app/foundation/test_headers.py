"""What every answer carries, whatever it is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.factory import create_app

HTTPS = "https://localhost"
ANSWERS = ["/", "/sign-in", "/verify", "/healthz", "/no-such-page", "/static/decile.css", "/api/v1/skills", "/me"]


def directives(policy: str) -> dict[str, set[str]]:
    parts = [part.split() for part in policy.split(";")]
    return {name: set(values) for name, *values in parts}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_behind_tls_the_cookie_is_bound_to_the_host_and_every_header_is_sent(runtime):
    settings = runtime.settings.model_copy(update={"base_url": HTTPS})
    app = create_app(replace(runtime, settings=settings))
    client = app.test_client()
    for path in ANSWERS:
        headers = client.get(path, base_url=HTTPS).headers
        policy = directives(headers["Content-Security-Policy"])
        assert (policy["default-src"], policy["frame-ancestors"], policy["base-uri"]) == ({"'none'"},) * 3, path
        assert {source for values in policy.values() for source in values} <= {"'none'", "'self'", "data:"}, path
        assert headers["Strict-Transport-Security"].startswith("max-age=63072000"), path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["X-Frame-Options"] == "DENY", path
    cookie = app.test_client().get("/sign-in", base_url=HTTPS).headers["Set-Cookie"]
    assert cookie.startswith("__Host-decile=")
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain=" not in cookie
