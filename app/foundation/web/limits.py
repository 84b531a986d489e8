"""How much one network may ask for, and begin."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from flask import g
from flask_babel import gettext as _
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from app.foundation.rates import network_of
from app.foundation.web.process import ours


def asking_network() -> str:
    """With whom this request is counted: an IPv6 household has more addresses than any limit."""
    return network_of(get_remote_address())


class TellingLimiter(Limiter):
    """Announces the limit that will hold first; the library announces the one that it happens to sort first."""

    @property
    def current_limit(self) -> RequestLimit | None:
        """The one that was met, else the one with the least left; None where nothing is counted."""
        return min(self.current_limits, key=_rank, default=None)


def _rank(limit: RequestLimit) -> tuple[bool, int, int]:
    return not limit.breached, limit.remaining, -limit.reset_at  # of several that are met, the one that lasts longest


limiter = TellingLimiter(key_func=asking_network, headers_enabled=True)

P = ParamSpec("P")
R = TypeVar("R")


def rate(name: str, window: str) -> Callable[[], str]:
    """A limit read from the rate policy: `@limiter.limit(rate("sign_in_requests_per_hour", "hour"))`."""
    return lambda: f"{getattr(ours().rates, name)} per {window}"


def seconds_to_wait() -> int:
    """Until the limit that was met counts anew: what `Retry-After` says."""
    met = limiter.current_limit
    return math.ceil(met.reset_at - time.time()) if met else 0


def limit_beginnings(view: Callable[P, R]) -> Callable[P, R]:
    """Let a network begin so many things a day that show our content; a view says by `note_beginning` that it did.

    Programs that collect content begin again and again. What was begun goes on whatever the count is.
    """
    limited = limiter.shared_limit(
        _beginnings_allowed,
        scope="beginnings",
        deduct_when=lambda _response: g.get("has_begun", False),
        error_message=lambda: _(
            "So much was begun from your network today that no more may begin there until tomorrow. This keeps "
            "programs from collecting the questions. It is no judgement of you: nothing of yours is lost or counted, "
            "and what you have begun goes on. Another network works at once. Where many people share one, as in a "
            "school, whoever runs this site can allow more."
        ),
    )
    return cast("Callable[P, R]", limited(view))


def note_beginning() -> None:
    """Count this request against its network."""
    g.setdefault("has_begun", True)


def _beginnings_allowed() -> str:
    held = ours()
    allowed = held.shared if held.shared.holds(get_remote_address()) else held.rates
    return f"{allowed.beginnings_per_day} per day"
