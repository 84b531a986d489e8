"""Reads and checks the files of item_banks/: their shape by schema.json, their content by the writing rules.

Every problem names the file, the line, the field and the remedy, because the reader is a writer, not a programmer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.item_bank.bank_texts import Entries, texts_of
from app.item_bank.content_rules import check_content
from app.item_bank.development_files import check_development
from app.item_bank.duplicate_rules import OtherBank, check_duplicates
from app.item_bank.errors import BankFolderMisplaced, BankInvalid
from app.item_bank.file_documents import document_of
from app.item_bank.findings import BANK, DEVELOPMENT, SCENARIOS, SKILLS, STATEMENTS, Finding
from app.item_bank.problems import Problem, errors_of, problems_of
from app.item_bank.reading_rules import check_reading
from app.item_bank.yaml_lines import Unreadable, read_document


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
    """Every problem of the bank in folder `path`, by file and line.

    In itself, beside the other skills' banks, and of its skill's development.yaml where there is one.

    Raises
    ------
    BankFolderMisplaced
        If the folder is too near the root to be a bank's, or is one above banks.
    """
    problems = _read(path, others=other_banks(path))[1]
    return problems + _problems_of_development(path)


def read_bank(path: Path) -> BankFiles:
    """The content of the bank in folder `path`, which is checked in itself but not beside other banks.

    Raises
    ------
    BankInvalid
        If it has any problem but warnings.
    BankFolderMisplaced
    """
    files, problems = _read(path)
    if files is None or errors_of(problems):
        raise BankInvalid(path, errors_of(problems))
    return files


def sha256_of(path: Path) -> str | None:
    """The hash of what the bank in folder `path` says, not checked; None where it cannot be read as a bank at all."""
    try:
        bank, statements, scenarios = (read_document(path / name).data for name in (BANK, STATEMENTS, SCENARIOS))
        return BankFiles(bank, statements["statements"], scenarios["scenarios"]).sha256
    except (Unreadable, TypeError, KeyError):  # a list where there should be names, a date, a name that is missing
        return None


def skills_file_of(path: Path) -> Path:
    """The skills.yaml that a bank folder item_banks/<skill>/v<n> belongs to.

    Raises
    ------
    BankFolderMisplaced
        If the folder is too near the root to be one.
    """
    return _all_banks(path) / SKILLS


def read_skills(file: Path) -> dict[str, Any]:
    """The content of skills.yaml.

    Raises
    ------
    BankInvalid
        If it has any problem.
    """
    document, problems = document_of(file)
    if document is None or errors_of(problems):
        raise BankInvalid(file, problems)
    return dict(document.data)


def other_banks(path: Path) -> tuple[OtherBank, ...]:
    """The latest version of every other skill's bank beside the one in `path`; what is broken is left to its check."""
    latest: dict[str, Path] = {}
    for file in _all_banks(path).glob(f"*/v*/{BANK}"):
        folder = file.parent
        if folder.parent != path.resolve().parent and _number(folder) > _number(latest.get(folder.parent.name)):
            latest[folder.parent.name] = folder
    return tuple(bank for skill in sorted(latest) for bank in _other_bank(latest[skill]))


def _all_banks(path: Path) -> Path:
    above = path.resolve().parents
    if len(above) <= 1:
        raise BankFolderMisplaced(path)
    return above[1]


def _read(path: Path, *, others: tuple[OtherBank, ...] = ()) -> tuple[BankFiles | None, list[Problem]]:
    if not (path / BANK).exists() and any(next(path.glob(f"{above}v*/{BANK}"), None) for above in ("", "*/")):
        raise BankFolderMisplaced(path)  # of a skill or of all of them: its versions are the banks
    read = {name: document_of(path / name) for name in (BANK, STATEMENTS, SCENARIOS)}
    read[SKILLS] = document_of(skills_file_of(path))
    problems = [problem for _, found in read.values() for problem in found]
    documents = {name: document for name, (document, _) in read.items() if document is not None}
    if problems or len(documents) < len(read):
        return None, problems
    statements, scenarios = documents[STATEMENTS].data["statements"], documents[SCENARIOS].data["scenarios"]
    files = BankFiles(documents[BANK].data, statements, scenarios)
    findings = list(_findings(path.resolve(), files, documents[SKILLS].data["skills"], others))
    return files, [problem for document in documents.values() for problem in problems_of(findings, document, path)]


def _problems_of_development(path: Path) -> list[Problem]:
    file = path.parent / DEVELOPMENT
    skills, problems = document_of(skills_file_of(path))
    if skills is None or problems or not file.exists():
        return []  # what is wrong with skills.yaml was said already
    named = path.resolve().parent.name
    facets = [facet["slug"] for skill in skills.data["skills"] if skill["slug"] == named for facet in skill["facets"]]
    return check_development(file, facets)


def _findings(path: Path, files: BankFiles, skills: Entries, others: tuple[OtherBank, ...]) -> Iterator[Finding]:
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
    texts = tuple(texts_of(files.statements, files.scenarios))
    yield from check_reading(texts)
    yield from check_duplicates(texts, files.scenarios, others)


def _number(folder: Path | None) -> int:
    digits = folder.name.removeprefix("v") if folder else ""
    return int(digits) if digits.isdigit() else 0


def _other_bank(folder: Path) -> Iterator[OtherBank]:
    read = [document_of(folder / name) for name in (STATEMENTS, SCENARIOS)]
    if any(problem.code != "typography" for _, problems in read for problem in problems):
        return
    statements, scenarios = (document.data for document, _ in read if document is not None)
    texts = tuple(texts_of(statements["statements"], scenarios["scenarios"]))
    tensions = {scenario["code"]: scenario["tension"] for scenario in scenarios["scenarios"]}
    yield OtherBank(f"{folder.parent.name} {folder.name}", texts, tensions)
