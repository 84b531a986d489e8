"""Named refusals of the manual."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.foundation.errors import Conflict, Invalid


class NoNormInForce(Conflict):
    """A manual is versioned with the norms; without one there is nothing to describe."""

    code = "no-norm-in-force"

    def __init__(self) -> None:
        super().__init__("No norm is in force, so there is nothing to write a manual about. Publish one first.")


class ManifestUnreadable(Invalid):
    """The file is no release manifest of ours."""

    code = "manifest-unreadable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is no release manifest: {why}. `decile manual build` writes one.")


class ReleaseGateClosed(Conflict):
    """The misclassification budget is overspent, or nobody knows."""

    code = "release-gate-closed"

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("The release gate is closed:\n" + "\n".join(f"  {reason}" for reason in reasons))
