"""Style sheet, scripts and pictures: their address says what is in them, so that a browser keeps them for a year.

Without that every page asks again for each of them, only to hear that nothing changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request

STATIC, EXTENSION = "static", "decile.static_files"
DIGEST_CHARACTERS = 12
FOR_GOOD = "public, max-age=31536000, immutable"


def name_by_content(app: Flask) -> None:
    """Put a digest into the address of each file; one that is changed has another address after the next start."""
    folder = Path(app.static_folder or "")
    digests = {str(file.relative_to(folder)): _digest(file) for file in folder.rglob("*") if file.is_file()}
    app.extensions[EXTENSION] = digests

    def add_digest(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == STATIC and values.get("filename") in digests:
            values["v"] = digests[values["filename"]]

    app.url_defaults(add_digest)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:DIGEST_CHARACTERS]


def may_be_kept() -> bool:
    """Whether this request asks for a file under the address that says what is in it."""
    if request.endpoint != STATIC or "v" not in request.args:
        return False
    return bool(request.args["v"] == current_app.extensions[EXTENSION].get((request.view_args or {}).get("filename")))
