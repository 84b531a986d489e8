"""Named refusals of this context."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from app.foundation.errors import Conflict, Invalid, NotFound

LONGEST_LIST = 20  # problems shown in one message; `decile bank check` shows them all


class SkillNotFound(NotFound):
    """No skill under that name."""

    code = "skill-not-found"

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no skill named {slug!r}. item_banks/skills.yaml lists those that exist.")


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

    def __init__(self, path: Path, problems: Sequence[object]) -> None:
        shown = "\n".join(f"  {problem}" for problem in problems[:LONGEST_LIST])
        super().__init__(
            f"{path} has {len(problems)} problem(s), so nothing was released. "
            f"Correct them; `decile bank check` lists them all.\n{shown}"
        )


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
