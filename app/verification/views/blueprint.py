"""What the pages of verification share: the blueprint, and the headers of every answer."""

from __future__ import annotations

from flask import Blueprint, Response

bp = Blueprint("verification", __name__)


def private(response: Response) -> Response:
    """Never kept without asking again, so that a revocation shows on the next look; never indexed by default."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Accept", "Accept-Language", "Cookie"))
    return noindex(response)


def noindex(response: Response) -> Response:
    """Found by no search engine, and followed without telling where from."""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def unkept(response: Response) -> Response:
    """Kept nowhere: who may see it can change at any moment, and the address itself opens it."""
    response.headers["Cache-Control"] = "no-store"
    return noindex(response)
