"""Use case: write the manual as HTML, PDF and JSON, and the release manifest beside it; the same bytes every time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from app.credentials.typesetting import to_pdf
from app.foundation.clock import Clock
from app.manual.chapters import chapters
from app.manual.curves import polyline

HERE = Path(__file__).parent
NAME = "technical_manual"
MANIFEST = "release_manifest.json"
VERSION_DIGITS = 12


def build_manual(*, session: Session, clock: Clock) -> dict[str, bytes]:
    """The files by name. `clock` chooses the policy in force, and appears in none of them.

    Raises
    ------
    NoNormInForce
    """
    content = chapters(session=session, at=clock.now())
    version = hashlib.sha256(_as_bytes(content)).hexdigest()
    whole = {"version": version[:VERSION_DIGITS], **content}
    twin = _as_bytes(whole)
    return {
        f"{NAME}.json": twin,
        f"{NAME}.html": _as_html(whole).encode(),
        f"{NAME}.pdf": to_pdf(str(HERE / "manual.typ"), whole, timestamp=_seconds(content["as_of"])),
        MANIFEST: _as_bytes(_manifest(whole, twin)),
    }


def _manifest(manual: Mapping[str, Any], twin: bytes) -> dict[str, Any]:
    """What a release gate reads: the misclassification budget of every norm in force, tied to its manual."""
    return {
        "kind": "decile-release-manifest",
        "manual_version": manual["version"],
        "manual_sha256": hashlib.sha256(twin).hexdigest(),
        "is_demo": manual["is_demo"],
        "norms": manual["versioned_with"],
        "budget": [cell for norm in manual["norms"] for cell in norm["budget"]],
    }


def _as_bytes(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _as_html(manual: Mapping[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )
    return environment.get_template("manual.html").render(manual=manual, polyline=polyline)


def _seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
