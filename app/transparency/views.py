"""The log as static files (C2SP tlog-tiles): anyone keeps a copy, and no answer depends on who asks."""

from __future__ import annotations

import re

from flask import Blueprint, Response

from app.foundation.web.headers import readable_everywhere
from app.foundation.web.process import runtime
from app.transparency import queries
from app.transparency.errors import TileNotFound
from app.transparency.queries import TILE

bp = Blueprint("transparency", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
AT_MOST_A_MINUTE = "public, max-age=10"
_PLACE = re.compile(r"((?:x\d{3}/){0,5}\d{3})(?:\.p/([1-9]\d{0,2}))?")  # 10**18 tiles: no log is longer


@bp.get("/log/checkpoint")
def checkpoint() -> Response:
    """The latest signed checkpoint."""
    with runtime().reading() as session:
        found = queries.checkpoint(session=session)
    return _open_to_all(found.note.encode(), "text/plain; charset=utf-8", AT_MOST_A_MINUTE)


@bp.get("/log/keys")
def keys() -> Response:
    """The keys of the log, one a line, as auditors give them to their programs."""
    with runtime().reading() as session:
        found = queries.verifier_keys(session=session)
    return _open_to_all("".join(f"{key}\n" for key in found).encode(), "text/plain; charset=utf-8", AT_MOST_A_MINUTE)


@bp.get("/log/tile/<int:level>/<path:place>")
def hash_tile(level: int, place: str) -> Response:
    """Hashes of one tile."""
    number, width = _read(place)
    with runtime().reading() as session:
        found = queries.hash_tile(level, number, width, session=session)
    return _open_to_all(found, "application/octet-stream", FOR_EVER)


@bp.get("/log/tile/entries/<path:place>")
def entry_tile(place: str) -> Response:
    """Entries of one tile."""
    number, width = _read(place)
    with runtime().reading() as session:
        found = queries.entry_tile(number, width, session=session)
    return _open_to_all(found, "application/octet-stream", FOR_EVER)


def _read(place: str) -> tuple[int, int]:
    """Number and width in `x001/x234/067.p/8`."""
    match = _PLACE.fullmatch(place)
    if match is None or int(match[2] or TILE) > TILE or (match[2] and int(match[2]) == TILE):
        raise TileNotFound
    return int(match[1].replace("x", "").replace("/", "")), int(match[2] or TILE)


def _open_to_all(content: bytes, mimetype: str, kept: str) -> Response:
    response = Response(content, content_type=mimetype)
    response.headers["Cache-Control"] = kept
    return readable_everywhere(response)
