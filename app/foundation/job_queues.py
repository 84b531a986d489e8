"""Which queue a job waits in, and behind which others.

What speaks to a mail server waits apart, so that a silent one holds up mail alone. What nobody waits for stands behind
what somebody does: five hundred people who end within a minute want their results before anything else is found out
about their sittings.
"""

from __future__ import annotations

QUEUE = "decile"
MAIL_QUEUE = "decile-mail"
CONCURRENCY = {
    QUEUE: 8,  # more writers than this only wait for each other on SQLite
    MAIL_QUEUE: 4,  # a silent server holds each of these for twenty seconds at a time
}
POLLINGS = {QUEUE: 1, MAIL_QUEUE: 3}  # of the worker's pace between two looks; each costs a small transaction
MAIL_JOBS = ("send_", "tell_")  # how the names of jobs begin that hand a message over
LATER_JOBS = frozenset({"check_sitting"})
FIRST, LATER = 1, 2  # the lowest number comes first; what the library schedules itself has 0


def queue_of(name: str) -> str:
    """The queue for jobs of this name."""
    return MAIL_QUEUE if name.startswith(MAIL_JOBS) else QUEUE


def priority_of(name: str) -> int:
    """Where jobs of this name stand in their queue; among equals whoever came first."""
    return LATER if name in LATER_JOBS else FIRST
