"""What a candidate may ask for, without proof. Under any of them, how long somebody takes is not looked at."""

from __future__ import annotations

from enum import StrEnum


class Adjustment(StrEnum):
    """The names are stored with the sitting."""

    UNLIMITED_TIME = "unlimited-time"  # nobody has a limit: this one says that the pace tells nothing
    LARGER_TEXT = "larger-text"
    SCREEN_READER = "screen-reader"
