"""Named refusals of this context."""

from __future__ import annotations

from pathlib import Path

from app.foundation.errors import Conflict, Invalid, NotFound, Unavailable


class NothingCarried(Invalid):
    """A file in which there is no signed credential to check."""

    code = "nothing-carried"

    def __init__(self) -> None:
        super().__init__(
            "There is no signed credential in this file. A picture or PDF that was saved anew, or a photograph of a "
            "certificate, loses it. Ask the holder for the original file, or type the code."
        )


class BatchEmpty(Invalid):
    """A list without a single code."""

    code = "batch-empty"

    def __init__(self) -> None:
        super().__init__("There is no code in this list. Put one code on each line.")


class BatchTooLong(Invalid):
    """More codes than are checked at once; how many more is not counted."""

    code = "batch-too-long"

    def __init__(self, count: int, most: int) -> None:
        super().__init__(
            f"This list has at least {count} codes, and at most {most} are checked at once. Send it in parts."
        )


class ShareNotFound(NotFound):
    """No such link, or not one of the asker's."""

    code = "share-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such link among yours. Look at the list of links of this certificate.")


class ShareRefused(Invalid):
    """A note or a term that a link cannot have."""

    code = "share-refused"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Say in 1 to {longest} characters whom the link is for, and choose one of the terms offered.")


class TooManyShares(Conflict):
    """More open links than one certificate may have."""

    code = "too-many-shares"

    def __init__(self, most: int) -> None:
        super().__init__(f"This certificate has {most} open links, the most it may have. End one first.")


class ChallengeNotFound(NotFound):
    """No such question, or not to the asker."""

    code = "challenge-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such question to you. Sign in as the holder, and open the link as it was sent.")


class ChallengeOver(Conflict):
    """Answered already, or too late."""

    code = "challenge-over"

    def __init__(self) -> None:
        super().__init__("This question was answered before, or its time is over. Ask for a new one.")


class FolderInUse(Conflict):
    """An export goes into a folder of its own."""

    code = "folder-in-use"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There are files in {folder} already. Name a folder that is empty or does not exist.")


class NotLoggedYet(Unavailable):
    """The public log has no signed entry for it."""

    code = "not-logged-yet"

    def __init__(self) -> None:
        super().__init__(
            "It has no proof in the public log: the worker signs one every twenty seconds, and what is older than "
            "the log has none. Try again in a minute."
        )
