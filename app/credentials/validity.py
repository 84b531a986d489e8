"""When a credential holds: pure rules on instants, always UTC, always whole seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\dZ", re.ASCII)  # 24:00 is another day's 00:00


def whole_second(instant: datetime) -> datetime:
    """`instant` in UTC without its fraction: what the document prints is what the register stores."""
    return instant.astimezone(UTC).replace(microsecond=0)


def to_text(instant: datetime) -> str:
    """The spelling used in documents: UTC with Z, whole seconds."""
    return whole_second(instant).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """The instant that `to_text` spelled so.

    Raises
    ------
    ValueError
        For any other spelling, and for a day that does not exist.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text!r} is not an instant in UTC with Z and whole seconds")
    return datetime.fromisoformat(text)


def same_date_next_year(instant: datetime) -> datetime:
    """The same UTC clock time on the same date next year; 29 February becomes 28 February."""
    start = instant.astimezone(UTC)
    try:
        return start.replace(year=start.year + 1)
    except ValueError:
        return start.replace(year=start.year + 1, day=28)


def has_started(valid_from: datetime, *, at: datetime, skew_seconds: int) -> bool:
    """Whether the term has begun, allowing for a reader's clock that runs behind by `skew_seconds`."""
    return at >= valid_from - timedelta(seconds=skew_seconds)


def has_ended(valid_until: datetime, *, at: datetime) -> bool:
    """Whether the term is over. No allowance: at `valid_until` itself it is over."""
    return at >= valid_until


def renewal_opens_at(valid_until: datetime, *, window_days: int) -> datetime:
    """From when the holder may renew, and the page says `expires soon`."""
    return valid_until - timedelta(days=window_days)


def is_renewable(valid_until: datetime, *, at: datetime, window_days: int) -> bool:
    """Whether the credential still holds and its renewal is open."""
    return renewal_opens_at(valid_until, window_days=window_days) <= at < valid_until
