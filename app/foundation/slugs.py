"""How a thing is named in addresses and commands."""

from __future__ import annotations

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"  # small letters and digits, single hyphens between words
