"""What a look at a norm gives, as a plain value: nothing wrong, unless a test says what is."""

from __future__ import annotations

from typing import Any

WITHIN_LIMITS: dict[str, Any] = {
    "above": 10,
    "sittings": 100,
    "share": 0.10,
    "lower": 0.03,
    "upper": 0.20,
    "state": "within",
}


def a_row(code: str, **changes: Any) -> dict[str, Any]:
    """One item."""
    steady = {"shown": 25, "exposure": 0.25, "over_cap": False, "answers": 400, "shift": 0.02, "height": 1.5}
    age = {"months": 3, "uses": 700, "is_old": False}
    return {"code": code, **steady, **age, "leak": False, "seconds": 20.0, "pace": 1.0, **changes}


def a_look(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A whole look."""
    week = WITHIN_LIMITS | {"week": "2026-W46", "is_over": True}
    quiet = {
        "sittings": 100,
        "share": {"expected": 0.10, "weeks": [week], "together": WITHIN_LIMITS},
        "formats": None,
        "cap": 0.30,
        "overlap": 0.2,
        "leak_limit": 5.0,
        "oldest_months": 24,
        "most_uses": 20_000,
        "items": list(items) or [a_row("col-j01")],
    }
    return quiet | changes
