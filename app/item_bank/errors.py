"""Named refusals of this context."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound, Refused

LONGEST_LIST = 20  # problems shown in one message; `decile bank check` shows them all


class SkillNotFound(NotFound):
    """No skill under that name."""

    code = "skill-not-found"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"There is no skill named {slug!r}. GET /api/v1/skills lists those that exist; operators find those that "
            "could be released in item_banks/skills.yaml."
        )


class ReleaseNotFound(NotFound):
    """No bank release under that id, or none yet for that skill."""

    code = "bank-release-not-found"

    def __init__(self, wanted: UUID | str) -> None:
        super().__init__(f"There is no bank release for {wanted}. Release one with `decile bank release PATH`.")


class LanguageNotReleased(NotFound):
    """The release holds no text in that language."""

    code = "language-not-released"

    def __init__(self, label: str, language: str, languages: Sequence[str]) -> None:
        super().__init__(f"Bank {label} has no text in {language!r}. It exists in: {', '.join(languages)}.")


class CalibrationNotFound(NotFound):
    """No calibration under that id."""

    code = "calibration-not-found"

    def __init__(self, calibration_id: UUID) -> None:
        super().__init__(
            f"There is no calibration {calibration_id}. Calibrate the skill with `decile calibrate SKILL`."
        )


class BankInvalid(Invalid):
    """A bank's files break the format or a writing rule."""

    code = "bank-invalid"

    def __init__(
        self,
        path: Path,
        problems: Sequence[object],
        remedy: str = "Correct them; `decile bank check` lists them all.",
    ) -> None:
        shown = "\n".join(f"  {problem}" for problem in problems[:LONGEST_LIST])
        super().__init__(f"{path} has {len(problems)} problem(s), so nothing was done with it. {remedy}\n{shown}")


class BankFolderMisplaced(Invalid):
    """A folder that stands nowhere a bank can."""

    code = "bank-folder-misplaced"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no bank: a bank lies in <skill>/v<n>.")


class TrialBankInvalid(Invalid):
    """The items given for a trial bank cannot make one."""

    code = "trial-bank-invalid"

    def __init__(self, skill: str, reason: str) -> None:
        super().__init__(f"The trial bank {skill} was not released: {reason}")


class ReleaseChanged(Conflict):
    """Other content under a version that is already released."""

    code = "bank-release-changed"

    def __init__(self, skill: str, version: int, latest: int) -> None:
        super().__init__(
            f"{skill} v{version} is released, and these files differ from it; a released version is never edited. "
            f"Copy the folder to v{latest + 1}, set `version: {latest + 1}` in its bank.yaml, and release that."
        )


class BankFolderTaken(Conflict):
    """A bank version has a folder already, and importing never writes over one."""

    code = "bank-folder-taken"

    def __init__(self, folder: Path, version: int) -> None:
        super().__init__(
            f"{folder} exists already, and nothing was written. Set another version than {version} in the file, "
            "or give another folder with --into."
        )


class SkillIsNotTrial(Conflict):
    """A trial bank must not take the name of a real skill."""

    code = "skill-is-not-trial"

    def __init__(self, skill: str) -> None:
        super().__init__(
            f"{skill} is a skill of the catalogue, and a trial bank is not one of its releases. "
            f"Give the sample a name of its own, such as {skill}-trial."
        )


class CalibrationInvalid(Invalid):
    """Parameters that do not belong to the release they are stored for."""

    code = "calibration-invalid"

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"The calibration of {label} was not stored: {reason}")


class ItemNotFound(NotFound):
    """No item under that id or code."""

    code = "item-not-found"

    def __init__(self, wanted: UUID | str) -> None:
        super().__init__(f"There is no item {wanted}. The bank's page lists those that exist.")


class ReasonMissing(Invalid):
    """A step in an item's life, or a finding about it, without a reason, or with a very long one."""

    code = "reason-missing"

    def __init__(self, longest: int) -> None:
        super().__init__(f"Say why, in up to {longest} characters: others read it years from now.")


class StepNotAllowed(Conflict):
    """The life of an item does not go from where it is to what was asked for."""

    code = "item-step-not-allowed"

    def __init__(self, item: str, state: str, wanted: str, allowed: Sequence[str]) -> None:
        told = ", ".join(allowed) or "nothing further"
        super().__init__(f"Item {item} is {state} and cannot become {wanted}. It may become: {told}.")


class ItemNotReviewed(Conflict):
    """An aspect of an item lacks an approving review."""

    code = "item-not-reviewed"

    def __init__(self, item: str, language: str, lacking: Sequence[str]) -> None:
        super().__init__(
            f"Item {item} is not reviewed in {language}: no approving review of {', '.join(lacking)}. "
            "Have somebody who did not write it review it."
        )


class ItemNotCalibrated(Conflict):
    """A pilot item of which no responses have given parameters yet."""

    code = "item-not-calibrated"

    def __init__(self, item: str) -> None:
        super().__init__(
            f"Item {item} has no parameters from responses yet, so it cannot be scored. A recalibration from sittings "
            "gives it some once enough people have answered it in pilot."
        )


class OwnItem(Refused):
    """An author who would review what they wrote, or a reviewer who would be named its author."""

    code = "own-item"

    def __init__(self, item: str) -> None:
        super().__init__(f"The author and the reviewer of item {item} must be two people. Ask somebody else.")


class IndependenceNotDeclared(Invalid):
    """A review without the reviewer's word that the item is not theirs."""

    code = "independence-not-declared"

    def __init__(self) -> None:
        super().__init__("Confirm that you did not write this item. If you did, somebody else has to review it.")


class StepUnknown(Invalid):
    """A state, or something to choose in a review, that does not exist."""

    code = "item-step-unknown"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:40]!r} is no state, aspect, finding or verdict there is. Choose one of those offered."
        )
