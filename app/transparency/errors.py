"""Named refusals of this context."""

from __future__ import annotations

from app.foundation.errors import Conflict, Invalid, NotFound, Unavailable


class CheckpointInvalid(Invalid):
    """A checkpoint that the log's key did not sign, or that cannot be read."""

    code = "checkpoint-invalid"

    def __init__(self) -> None:
        super().__init__("The checkpoint is not one that this key signed. Take it from the log itself.")


class LogForked(Conflict):
    """The log in the database is not a continuation of what was signed last: an old backup, or a changed row."""

    code = "log-forked"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The log does not continue the {size} entries that were signed last, so nothing is signed. Run "
            "`decile log verify`; if a backup was restored, bring back the newer entries first."
        )


class LogBroken(Conflict):
    """Something in the log does not fit together."""

    code = "log-broken"

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"The log is broken at {place}: {reason}.")


class NoCheckpoint(Unavailable):
    """The worker has signed none yet."""

    code = "no-checkpoint"

    def __init__(self) -> None:
        super().__init__("The log has no signed checkpoint yet. The worker signs one every twenty seconds.")


class CopyUnreadable(Invalid):
    """A copy of the log that is not whole, or not of this log."""

    code = "log-copy-unreadable"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The copy of the log cannot be used: {reason}. Take another copy, from whoever keeps one.")


class TileNotFound(NotFound):
    """No tile of this place and width lies below the latest checkpoint."""

    code = "tile-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such tile below the latest checkpoint. Take the sizes from /log/checkpoint.")
