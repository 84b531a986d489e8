"""The published contexts, served to PyLD from memory; skipped where the test-only files are absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld

from app.credentials import terms

OB3 = Path(__file__).resolve().parents[3].parent / "shared" / "ob3"
FILES = {
    terms.CREDENTIALS_V2: "credentials-v2.json",
    terms.OPEN_BADGES: "ob-v3p0-context-3.0.3.json",
    terms.OPEN_BADGES_EXTENSIONS: "ob-v3p0-extensions.json",
    terms.DID_V1: "did-v1.json",
    terms.MULTIKEY_V1: "security-multikey-v1.json",
    terms.JWK_V1: "jwk-v1.json",
}
OLDER_OPEN_BADGES = "ob-v3p0-context-3.0.3.dcc.json"  # the bytes that wallets kept when 3.0.3 was changed in place


def ob3_json(name: str) -> Any:
    """A test-only file of the standards, or a skip that says what is missing."""
    path = OB3 / name
    if not path.exists():
        pytest.skip(f"needs the test-only file shared/ob3/{name}, which is not present beside the repository")
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def loader(*, older: bool) -> Callable[..., dict[str, Any]]:
    """A document loader for PyLD with one of the two published versions of the Open Badges context."""
    files = FILES | ({terms.OPEN_BADGES: OLDER_OPEN_BADGES} if older else {})
    loaded = {
        url: {"contextUrl": None, "documentUrl": url, "document": ob3_json(f"contexts/{name}")}
        for url, name in files.items()
    }
    return lambda url, _options=None: loaded[url]


def canonical_with_pyld(document: dict[str, Any], *, older: bool = False) -> bytes:
    """What JSON-LD processing of the published contexts makes of the document."""
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": loader(older=older)}
    text: str = jsonld.normalize(document, options)
    return text.encode()
