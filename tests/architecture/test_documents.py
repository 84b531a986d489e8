"""Documents that lean on tests lean on tests that exist, and on files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted((ROOT / "docs" / "security").glob("*.md")), *sorted((ROOT / "docs" / "privacy").glob("*.md"))]
NAMED_TEST = re.compile(r"`(test_\w+)`")
NAMED_FILE = re.compile(r"`((?:app|scoring|tests|deploy|docs|scripts)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def tests() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return set(re.findall(r"^ *def (test_\w+)\(", text, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_whatever_a_document_of_security_or_privacy_names_is_there(document, tests):
    text = document.read_text(encoding="utf-8")
    assert set(NAMED_TEST.findall(text)) - tests == set()
    assert [name for name in NAMED_FILE.findall(text) if not (ROOT / name).exists()] == []
    assert [link for link in LINK.findall(text) if not (document.parent / link).exists()] == []


def test_there_are_such_documents():
    assert {"asvs.md", "threat_model.md", "records_of_processing.md"} <= {path.name for path in DOCUMENTS}
