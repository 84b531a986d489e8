"""One file of item_banks/ as a document, with what is wrong with its shape or its typography."""

from __future__ import annotations

from pathlib import Path

from app.item_bank.file_shapes import check_shape
from app.item_bank.problems import Problem, problems_of
from app.item_bank.text_rules import check_typography
from app.item_bank.yaml_lines import Document, Unreadable, read_document


def document_of(file: Path) -> tuple[Document | None, list[Problem]]:
    """One file's values where they can be read, and what is wrong with its shape or typography."""
    try:
        document = read_document(file)
    except Unreadable as problem:
        said = (problem.message, problem.remedy)
        return None, [Problem(str(file.parent), file.name, problem.line, "", "unreadable", *said)]
    findings = list(check_shape(file.name, document.data)) or list(check_typography(file.name, document.data))
    return document, problems_of(findings, document, file.parent)
