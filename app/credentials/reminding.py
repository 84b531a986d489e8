"""Which reminder of an expiry is due: pure rules on instants."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

LATEST = timedelta(days=1)  # after the end; a worker that was away longer stays silent


def due_kind(
    valid_until: datetime, *, at: datetime, kinds: Sequence[int], known: Collection[int] = frozenset()
) -> int | None:
    """The reminder (days before the end) to send now; None where there is none, or it is known already.

    Of several that fell due while nobody worked only the last is sent: the earlier would say nothing more. A clock
    that jumps back brings none of them up again.
    """
    if at >= valid_until + LATEST:
        return None
    due = [days for days in kinds if at >= valid_until - timedelta(days=days)]
    kind = min(due, default=None)
    return None if kind is None or any(days <= kind for days in known) else kind
