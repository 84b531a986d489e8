"""Five kinds of refusal. Each context names its own; the web layer alone knows their status codes."""

from __future__ import annotations

from typing import Any, ClassVar


class DecileError(Exception):
    """Something a person or program asked for that cannot be had, and what to do instead.

    The English message serves logs and the command line; pages translate by `code`.
    """

    code: ClassVar[str] = "error"

    def members(self) -> dict[str, Any]:
        """What a program is told beside the words, as JSON takes it."""
        return {}


class NotFound(DecileError):
    """Nothing is known under that name, or the asker may not know of it."""

    code = "not-found"


class Gone(NotFound):
    """It was here, whoever asks may know that, and it comes back no more."""


class Refused(DecileError):
    """A rule or a missing right forbids it."""

    code = "refused"


class Invalid(DecileError):
    """What was sent cannot be read; the message names the field and the remedy."""

    code = "invalid"


class Conflict(DecileError):
    """It would be possible in another state of things, but not in this one."""

    code = "conflict"


class Unavailable(DecileError):
    """A part we depend on does not answer; trying again later may help."""

    code = "unavailable"
