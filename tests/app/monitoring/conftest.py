"""The norms and browsers of norming, to be watched here."""

from __future__ import annotations

from tests.app.norming.conftest import browser_of, norms

__all__ = ["browser_of", "norms"]
