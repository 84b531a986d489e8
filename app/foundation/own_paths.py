"""Where somebody may be sent afterwards: to a page of this site, whatever an address says."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST_PATH = 500
FRONT = "/"


def safe_path(path: str | None) -> str:
    """`path` if it stays on this site, else the front page. Browsers read a backslash as `/` and drop line breaks."""
    if not path or len(path) > LONGEST_PATH or not path.startswith("/") or path.startswith("//"):
        return FRONT
    if "\\" in path or any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):
        return FRONT
    parts = urlsplit(path)
    return FRONT if parts.scheme or parts.netloc else path
