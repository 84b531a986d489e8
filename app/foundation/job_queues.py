"""Which queue a job waits in: what speaks to a mail server waits apart, so that a silent one holds up mail alone."""

from __future__ import annotations

QUEUE = "decile"
MAIL_QUEUE = "decile-mail"
CONCURRENCY = {
    QUEUE: 8,  # more writers than this only wait for each other on SQLite
    MAIL_QUEUE: 4,  # a silent server holds each of these for twenty seconds at a time
}
POLLINGS = {QUEUE: 1, MAIL_QUEUE: 3}  # of the worker's pace between two looks; each costs a small transaction
MAIL_JOBS = ("send_", "tell_")  # how the names of jobs begin that hand a message over


def queue_of(name: str) -> str:
    """The queue for jobs of this name."""
    return MAIL_QUEUE if name.startswith(MAIL_JOBS) else QUEUE
