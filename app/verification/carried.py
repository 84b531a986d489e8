"""The signed credential in a file that somebody hands over: JSON, JWT, PNG, SVG or PDF, told by their first bytes.

Only the inside is read; what a picture or paper shows may be anything. Nothing is expanded beyond the size of a
document, nothing is fetched, and a file that says two things says nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from app.credentials import pdf_carrier, png_carrier, svg_carrier
from app.credentials.errors import CarrierUnreadable
from app.verification import receipt
from app.verification.errors import NothingCarried

LARGEST_DOCUMENT_BYTES = 64_000  # ours have about 6,000
CLAIMS = frozenset({"credentialSubject", "proof"})  # of a credential, whoever issued it and however it was changed
HEADER_WITHIN = 1024  # a PDF may begin after some bytes of another program (ISO 32000-1, annex H)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def carried(file: bytes) -> str:
    """The text of the one credential inside.

    Raises
    ------
    NothingCarried, CarrierUnreadable
    """
    if file.startswith(png_carrier.SIGNATURE):
        found = png_carrier.carried(file)
    elif pdf_carrier.SIGNATURE in file[:HEADER_WITHIN]:
        found = _attached(file)
    elif file.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        found = svg_carrier.carried(file)
    else:
        found = _received(_text(file))
    if found is None or not _is_credential(found):
        raise NothingCarried
    if len(found.encode()) > LARGEST_DOCUMENT_BYTES:
        raise CarrierUnreadable
    return found


def _attached(file: bytes) -> str | None:
    texts = {_text(content) for content in pdf_carrier.attachments(file, largest=LARGEST_DOCUMENT_BYTES)}
    credentials = {text for text in texts if text is not None and _is_credential(text)}
    if len(credentials) > 1:
        raise CarrierUnreadable
    return credentials.pop() if credentials else None


def _text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return None


def _received(text: str | None) -> str | None:
    """The credential within a receipt of ours; anything else as it is."""
    told = _object(text) if text is not None else {}
    kept = told.get("credential") if told.get("kind") == receipt.KIND else None
    return kept if isinstance(kept, str) else text


def _is_credential(text: str) -> bool:
    """Whether it claims to be one. What is torn may have been: then its signature says that it is not whole."""
    if not text.startswith("{"):
        return _TOKEN.fullmatch(text) is not None
    told = _object(text)
    return not told or not CLAIMS.isdisjoint(told)


def _object(text: str) -> dict[str, Any]:
    """What a JSON text says, if it is an object; else nothing."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
