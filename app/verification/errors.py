"""Named refusals of this context."""

from __future__ import annotations

from app.foundation.errors import Invalid


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
    """More codes than are checked at once."""

    code = "batch-too-long"

    def __init__(self, count: int, most: int) -> None:
        super().__init__(f"This list has {count} codes, and at most {most} are checked at once. Send it in parts.")
