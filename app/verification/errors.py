"""Named refusals of this context."""

from __future__ import annotations

from app.foundation.errors import Invalid, Unavailable


class NothingCarried(Invalid):
    """A file in which there is no signed credential to check."""

    code = "nothing-carried"

    def __init__(self) -> None:
        super().__init__(
            "There is no signed credential in this file. A picture or PDF that was saved anew, or a photograph of a "
            "certificate, loses it. Ask the holder for the original file, or type the code."
        )


class NotLoggedYet(Unavailable):
    """The public log has no signed entry for it."""

    code = "not-logged-yet"

    def __init__(self) -> None:
        super().__init__(
            "It has no proof in the public log: the worker signs one every minute, and what is older than the log "
            "has none. Try again in a minute."
        )
