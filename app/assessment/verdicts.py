"""What a person may say of a sitting that was put before them."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Neither changes the result or a certificate."""

    SOUND = "sound"  # nothing is wrong: it counts like any other
    NOT_SOUND = "not-sound"  # stays out of norms and seeds no retake
