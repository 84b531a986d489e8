"""What a program reads about limits is what will hold."""

from __future__ import annotations

import pytest
from flask import Flask

from app.foundation.web.limits import TellingLimiter


@pytest.mark.parametrize(("everywhere", "here", "told"), [(3, 9, ["2", "1", "0", "0"]), (9, 3, ["2", "1", "0", "0"])])
def test_what_is_left_is_told_of_whichever_limit_is_met_first(everywhere: int, here: int, told: list[str]) -> None:
    app = Flask(__name__)
    limiter = TellingLimiter(
        key_func=lambda: "a program",
        app=app,
        default_limits=[f"{everywhere} per minute"],
        headers_enabled=True,
        storage_uri="memory://",
    )

    @app.get("/")
    @limiter.shared_limit(f"{here} per minute", scope="calls", override_defaults=False)
    def view() -> str:
        return ""

    answers = [app.test_client().get("/") for _ in told]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == told
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
