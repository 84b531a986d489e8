"""What a check tells a writer: file, line, field, what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.item_bank.findings import Finding
from app.item_bank.yaml_lines import Document


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a writer has to correct, or, where `is_warning`, has to weigh."""

    folder: str  # as it was named to the check, so that an editor finds the file
    file: str
    line: int
    field: str
    code: str
    message: str
    remedy: str
    is_warning: bool = False

    def __str__(self) -> str:
        where = f"{Path(self.folder, self.file)}:{self.line}: " + (f"{self.field}: " if self.field else "")
        mark = "warning: " if self.is_warning else ""
        return f"{where}{mark}{self.message}. {self.remedy} [{self.code}]"

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def problems_of(findings: Iterable[Finding], document: Document, folder: Path) -> list[Problem]:
    """The findings about `document`, a file of `folder`, by line."""
    found = [_problem(finding, document, folder) for finding in findings if finding.file == document.name]
    return sorted(found, key=lambda problem: problem.line)


def errors_of(problems: Iterable[Problem]) -> list[Problem]:
    """What keeps a bank from being released."""
    return [problem for problem in problems if not problem.is_warning]


def _problem(finding: Finding, document: Document, folder: Path) -> Problem:
    field = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in finding.path).lstrip(".")
    line = document.line_of(finding.path)
    return Problem(
        str(folder), finding.file, line, field, finding.code, finding.message, finding.remedy, finding.is_warning
    )
