"""The panels of keying, to be counted here."""

from __future__ import annotations

from tests.app.keying.conftest import copy_of, judged, judging, panels

__all__ = ["copy_of", "judged", "judging", "panels"]
