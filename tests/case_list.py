"""docs/cases.md: which tests answer for which numbered case, read from their names.

    python -m tests.case_list            writes the page anew

A name carries its numbers first: `test_case_039_and_edge_010_a_norm_…`, `test_edge_001_002_the_number_…`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "cases.md"
DATA = Path(__file__).with_name("cases.yaml")
DEFINITION = re.compile(r"^ *def (test_(?:case|edge)_\w+)\(", re.MULTILINE)
KINDS = {"case": "incident", "edge": "edge"}
COUNTS = {"incident": 93, "edge": 90}
HEADINGS = {
    "incident": "Cases from incidents elsewhere",
    "edge": "Edge cases and abuse",
}
INTRODUCTION = """# The numbered cases

What went wrong elsewhere, and what lies at the edge, each answered by tests that carry its number, or by a reason.
Written by `python -m tests.case_list` from the names of the tests and `tests/cases.yaml`: do not edit it here.
"""

Case = tuple[str, int]  # kind of list, number


@dataclass(frozen=True, slots=True)
class Test:
    """One test function."""

    name: str
    path: str  # below the root of the repository


def cases_named_in(name: str) -> Iterator[Case]:
    """The cases whose numbers begin the name of a test."""
    kind = None
    for word in name.removeprefix("test_").split("_"):
        if word in KINDS:
            kind = KINDS[word]
        elif kind is not None and re.fullmatch(r"\d{3}", word):
            yield kind, int(word)
        elif word != "and" or kind is None:
            return


def numbered_tests(root: Path = ROOT) -> dict[Case, list[Test]]:
    """Every numbered test below `root`/tests, sorted by name."""
    found = defaultdict(list)
    for path in sorted((root / "tests").rglob("test_*.py")):
        for name in DEFINITION.findall(path.read_text(encoding="utf-8")):
            for case in cases_named_in(name):
                found[case].append(Test(name, path.relative_to(root).as_posix()))
    return {case: sorted(tests, key=lambda test: (test.name, test.path)) for case, tests in found.items()}


def described() -> dict[str, dict[str, dict[int, dict[str, str]]]]:
    """`{kind: {section: {number: {"title", …}}}}` as the data file has it."""
    read: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return read


def entries() -> Iterator[tuple[Case, Mapping[str, str]]]:
    """Every described case."""
    for kind, sections in described().items():
        for numbered in sections.values():
            for number, entry in numbered.items():
                yield (kind, number), entry


def page(tests: Mapping[Case, list[Test]]) -> str:
    """The page for these tests."""
    parts = [INTRODUCTION, _summary(tests)]
    for kind, sections in described().items():
        parts.append(f"## {HEADINGS[kind]}\n")
        for section, numbered in sections.items():
            rows = [_row(number, entry, tests.get((kind, number), [])) for number, entry in numbered.items()]
            parts.append("\n".join([f"### {section}\n", "| # | Case | Answered by |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def _summary(tests: Mapping[Case, list[Test]]) -> str:
    rows = [
        "| | cases | with tests | of them with something open | with a reason | not yet |",
        "|---|---|---|---|---|---|",
    ]
    for kind, heading in HEADINGS.items():
        own = [(case, entry) for case, entry in entries() if case[0] == kind]
        tested = [entry for case, entry in own if tests.get(case)]
        reasoned = sum("reason" in entry for _, entry in own)
        still_open = sum("open" in entry for entry in tested)
        counts = (len(own), len(tested), still_open, reasoned, len(own) - len(tested) - reasoned)
        rows.append(f"| {heading} | {' | '.join(map(str, counts))} |")
    return "\n".join([*rows, ""])


def _row(number: int, entry: Mapping[str, str], tests: list[Test]) -> str:
    said = [f"[`{test.name}`](../{test.path})" for test in tests]
    if not tests:
        said.append(entry["reason"] if "reason" in entry else f"**Not yet:** {entry.get('not_yet', '')}")
    elif "open" in entry:
        said.append(f"*Still open:* {entry['open']}")
    return f"| {number} | {entry['title']} | {'<br>'.join(said)} |"


if __name__ == "__main__":
    PAGE.write_text(page(numbered_tests()), encoding="utf-8")
