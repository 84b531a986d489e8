"""Reads and checks the files of item_banks/: their shape by schema.json, their content by the writing rules.

Every problem names the file, the line, the field and the remedy, because the reader is a writer, not a programmer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.item_bank.content_rules import Entries, check_content
from app.item_bank.errors import BankInvalid
from app.item_bank.file_shapes import check_shape
from app.item_bank.findings import BANK, SCENARIOS, SKILLS, STATEMENTS, Finding
from app.item_bank.text_rules import check_typography
from app.item_bank.yaml_lines import Document, Unreadable, read_document


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a writer has to correct."""

    file: str
    line: int
    field: str
    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " + (f"{self.field}: " if self.field else "")
        return f"{where}{self.message}. {self.remedy} [{self.code}]"

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BankFiles:
    """The checked content of one bank version."""

    bank: dict[str, Any]
    statements: Entries
    scenarios: Entries

    @property
    def sha256(self) -> str:
        """Hash of what the files say; comments and line breaks do not count."""
        content = [self.bank, self.statements, self.scenarios]
        written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()


def check_bank(path: Path) -> list[Problem]:
    """Every problem of the bank in folder `path`, by file and line; none means that it may be released."""
    return _read(path)[1]


def read_bank(path: Path) -> BankFiles:
    """The content of the bank in folder `path`.

    Raises
    ------
    BankInvalid
        If it has any problem.
    """
    files, problems = _read(path)
    if files is None or problems:
        raise BankInvalid(path, problems)
    return files


def skills_file_of(path: Path) -> Path:
    """The skills.yaml that a bank folder item_banks/<skill>/v<n> belongs to."""
    return path.resolve().parents[1] / SKILLS


def read_skills(file: Path) -> dict[str, Any]:
    """The content of skills.yaml.

    Raises
    ------
    BankInvalid
        If it has any problem.
    """
    document, problems = _document(file, SKILLS)
    if document is None or problems:
        raise BankInvalid(file, problems)
    return dict(document.data)


def _read(path: Path) -> tuple[BankFiles | None, list[Problem]]:
    read = {name: _document(path / name, name) for name in (BANK, STATEMENTS, SCENARIOS)}
    read[SKILLS] = _document(skills_file_of(path), SKILLS)
    problems = [problem for _, found in read.values() for problem in found]
    documents = {name: document for name, (document, _) in read.items() if document is not None}
    if problems or len(documents) < len(read):
        return None, problems
    statements, scenarios = documents[STATEMENTS].data["statements"], documents[SCENARIOS].data["scenarios"]
    files = BankFiles(documents[BANK].data, statements, scenarios)
    findings = list(_findings(path.resolve(), files, documents[SKILLS].data["skills"]))
    return files, [problem for name in documents for problem in _problems(findings, documents[name])]


def _document(file: Path, name: str) -> tuple[Document | None, list[Problem]]:
    try:
        document = read_document(file)
    except Unreadable as problem:
        return None, [Problem(name, problem.line, "", "unreadable", problem.message, problem.remedy)]
    findings = list(check_shape(name, document.data)) or list(check_typography(name, document.data))
    return document, _problems(findings, document)


def _findings(path: Path, files: BankFiles, skills: Entries) -> Iterator[Finding]:
    bank = files.bank
    named = (("version", f"v{bank['version']}", path.name), ("skill", bank["skill"], path.parent.name))
    for field, wanted, folder in named:
        if folder != wanted:
            message = f"the folder is named {folder!r}, the file says {bank[field]!r}"
            yield Finding(BANK, (field,), "folder", message, f"Name the folder {wanted!r}, or correct {field}.")
    skill = next((skill for skill in skills if skill["slug"] == bank["skill"]), None)
    if skill is None:
        remedy = "Describe the skill there, or correct the name."
        yield Finding(BANK, ("skill",), "unknown-skill", f"{bank['skill']!r} is not in skills.yaml", remedy)
        return
    yield from check_content(bank, files.statements, files.scenarios, [facet["slug"] for facet in skill["facets"]])


def _problems(findings: Iterable[Finding], document: Document) -> list[Problem]:
    found = [_problem(finding, document) for finding in findings if finding.file == document.name]
    return sorted(found, key=lambda problem: problem.line)


def _problem(finding: Finding, document: Document) -> Problem:
    field = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in finding.path).lstrip(".")
    line = document.line_of(finding.path)
    return Problem(finding.file, line, field, finding.code, finding.message, finding.remedy)
