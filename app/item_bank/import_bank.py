"""Use case: lay out an exported bank as the folder of a bank version, to be checked, reviewed and released there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.item_bank.errors import LONGEST_LIST, BankFolderTaken, BankInvalid
from app.item_bank.export_bank import as_yaml
from app.item_bank.file_shapes import check_shape
from app.item_bank.findings import BANK, SCENARIOS, STATEMENTS, Finding
from app.item_bank.problems import Problem, problems_of
from app.item_bank.qti_items import NotOurSubset
from app.item_bank.qti_package import read_package
from app.item_bank.yaml_lines import Document, Unreadable, read_document

PACKAGE = ".zip"  # of QTI; JSON and YAML are read alike
ONE_FILE = f"Correct the file and import it again; at most {LONGEST_LIST} are shown."  # no folder that could be checked
PARTS = ("bank", "statements", "scenarios")


def import_bank(file: Path, root: Path) -> Path:
    """Write `<skill>/v<version>/` under `root` from a file that `export_bank` wrote; the new folder.

    The shape is checked here. The writing rules are for `decile bank check`, so that a draft can be brought in.

    Raises
    ------
    BankInvalid
        If the file cannot be read or has another shape.
    BankFolderTaken
        If that version has a folder already: a version is never written over.
    """
    data = _checked(file)
    bank = data["bank"]
    folder: Path = root / bank["skill"] / f"v{bank['version']}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise BankFolderTaken(folder, bank["version"]) from None
    contents = {BANK: bank, STATEMENTS: {"statements": data["statements"]}, SCENARIOS: {"scenarios": data["scenarios"]}}
    for name, content in contents.items():
        (folder / name).write_text(as_yaml(content), encoding="utf-8")
    return folder


def _checked(file: Path) -> dict[str, Any]:
    try:
        document = _document(file)
    except Unreadable as problem:
        said = (problem.message, problem.remedy)
        found = [Problem(str(file.parent), file.name, problem.line, "", "unreadable", *said)]
        raise BankInvalid(file, found, ONE_FILE) from None
    problems = problems_of(_findings(document), document, file.parent)
    if problems:
        raise BankInvalid(file, problems, ONE_FILE)
    return dict(document.data)


def _document(file: Path) -> Document:
    if file.suffix != PACKAGE:
        return read_document(file)
    try:
        return Document(file.name, read_package(file.read_bytes()), {})
    except NotOurSubset as problem:
        raise Unreadable(1, str(problem), "Bring in what `decile bank export --format qti` wrote.") from None


def _findings(document: Document) -> Iterator[Finding]:
    data = document.data
    if not isinstance(data, dict) or sorted(data) != sorted(PARTS):
        remedy = "Export it anew with `decile bank export`."
        yield Finding(document.name, (), "wrong-form", f"the file does not hold {', '.join(PARTS)} and no more", remedy)
        return
    for found in check_shape(BANK, data["bank"]):
        yield replace(found, file=document.name, path=("bank", *found.path))
    for name, key in ((STATEMENTS, "statements"), (SCENARIOS, "scenarios")):
        for found in check_shape(name, {key: data[key]}):
            yield replace(found, file=document.name)
