"""Turning requests away while too many wait: a quick "come back in a moment" is better than an answer that comes late.

Pages and programs repeat what was answered 503, so nothing is lost; who was let in is answered in good time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from app.foundation.web.asker import asks_for_page
from app.foundation.web.headers import RETRY_AFTER_SECONDS
from app.operations.metrics import WsgiApplication

WAITING_PER_THREAD = 8  # some tenths of a second of work; a longer line means that more comes than can be answered
ALWAYS_ANSWERED = ("/healthz", "/readyz", "/static/")
CODE = "overloaded"
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Decile</title></head><body>'
    "<h1>Many people are here at once</h1><p>Please reload this page in a few seconds. Nothing saved is lost.</p>"
    '<p lang="fr">Beaucoup de personnes sont ici en même temps. Rechargez cette page dans quelques secondes. '
    "Rien de ce qui est enregistré n’est perdu.</p></body></html>"
)


def turning_away(
    application: WsgiApplication, waiting: Callable[[], int], *, most: int, base_url: str
) -> WsgiApplication:
    """The application, with 503 and Retry-After in its place while more than `most` requests wait for a thread.

    `base_url` is where `type` of the answer to programs leads.
    """
    of_problem = _problem(base_url).encode()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if waiting() <= most or str(environ.get("PATH_INFO", "")).startswith(ALWAYS_ANSWERED):
            return application(environ, start_response)
        wants_page = asks_for_page(environ)
        kind = "text/html; charset=utf-8" if wants_page else "application/problem+json"
        body = PAGE.encode() if wants_page else of_problem
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(RETRY_AFTER_SECONDS)),
            ("Cache-Control", "no-store"),
        ]
        start_response("503 Service Unavailable", headers)
        return [body]

    return answer


def _problem(base_url: str) -> str:
    return json.dumps(
        {
            "type": f"{base_url}/problems/{CODE}",
            "title": "Too many requests are waiting",
            "status": 503,
            "detail": "Nothing was done. Send it again after the seconds in `Retry-After`.",
            "code": CODE,
        }
    )
