"""What stands for nothing in the arrays people hand in, whichever library wrote it."""

from __future__ import annotations


def is_missing(value: object) -> bool:
    """Whether this is None or not equal to itself: NaN and NaT are not, and pandas' NA will not say."""
    try:
        return value is None or bool(value != value)  # noqa: PLR0124  that is how they are told
    except TypeError:
        return True
