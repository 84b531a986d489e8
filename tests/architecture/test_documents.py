"""Documents that lean on tests lean on tests that exist, and on files that exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *sorted((ROOT / "docs" / "security").glob("*.md")),
    *sorted((ROOT / "docs" / "privacy").glob("*.md")),
    ROOT / "docs" / "faults.md",
]
NAMED_TEST = re.compile(r"`(test_\w+)`")
NAMED_FILE = re.compile(r"`((?:app|scoring|tests|deploy|docs|scripts)/[\w./-]+)`")
WRITTEN_BY_HAND = [
    *sorted(ROOT.glob("*.md")),
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name != "records_of_processing.md"),
]
PARAGRAPH_BEGINS = 80  # characters by which a paragraph is known again, though its end may have changed
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


def test_every_kind_of_fault_has_its_row_with_a_test_or_says_that_it_is_missing():
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = {match[1]: match[0] for match in re.finditer(r"^\| (F\d+) \|.*$", text, re.MULTILINE)}
    assert list(rows) == [f"F{number}" for number in range(1, 16)]
    assert [name for name, row in rows.items() if not NAMED_TEST.search(row) and "**missing.**" not in row] == []


def test_the_page_of_the_architecture_names_every_folder_of_the_app_once():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE)
    assert sorted(named) == sorted(path.parent.name for path in (ROOT / "app").glob("*/__init__.py"))


def test_no_paragraph_stands_twice():
    """Two branches that each add to one paragraph leave both behind when they meet."""
    twice = []
    for path in WRITTEN_BY_HAND:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if len(line) >= PARAGRAPH_BEGINS]
        begins = Counter(line[:PARAGRAPH_BEGINS] for line in lines if not line.startswith(("|", "decile ")))
        twice += [(path.name, begin) for begin, times in begins.items() if times > 1]
    assert twice == []
