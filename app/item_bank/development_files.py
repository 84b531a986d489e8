"""Reads and checks development.yaml: what helps a person at each level of each facet of a skill.

It stands beside a skill's bank versions and, unlike them, may be worded better at any time: nothing is scored by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.item_bank.bank_texts import BankText, Entries
from app.item_bank.development import Level
from app.item_bank.duplicate_rules import check_duplicates
from app.item_bank.errors import BankInvalid
from app.item_bank.file_documents import document_of
from app.item_bank.findings import DEVELOPMENT, Finding
from app.item_bank.problems import Problem, errors_of, problems_of
from app.item_bank.reading_rules import check_reading
from app.item_bank.text_rules import LANGUAGES, check_length
from app.item_bank.topics import check_topics

PARTS = ("at_work", "exercise", "try_this")
PART_WORDS = (10, 40)


def check_development(file: Path, facets: Sequence[str]) -> list[Problem]:
    """Every problem of a development.yaml of the skill that its folder names and that has these `facets`."""
    return _read(file, facets)[1]


def read_development(file: Path, facets: Sequence[str]) -> Entries:
    """Its facets in the order of the skill: `[{"facet", "below", "around", "above"}]`.

    Raises
    ------
    BankInvalid
        If it has any problem but warnings.
    """
    found, problems = _read(file, facets)
    if found is None or errors_of(problems):
        raise BankInvalid(file, errors_of(problems))
    by_facet = {entry["facet"]: entry for entry in found}
    return [by_facet[facet] for facet in facets]


def _read(file: Path, facets: Sequence[str]) -> tuple[Entries | None, list[Problem]]:
    document, problems = document_of(file)
    if document is None or problems:
        return None, problems
    findings = list(_findings(document.data, file.resolve().parent.name, facets))
    return document.data["facets"], problems_of(findings, document, file.parent)


def _findings(data: dict[str, Any], folder: str, facets: Sequence[str]) -> Iterator[Finding]:
    if data["skill"] != folder:
        message = f"the folder is named {folder!r}, the file says {data['skill']!r}"
        yield Finding(DEVELOPMENT, ("skill",), "folder", message, "Correct one of the two.")
    yield from _every_facet_once(data["facets"], facets)
    texts = tuple(_texts(data["facets"]))
    for text in texts:
        yield from check_length(DEVELOPMENT, text.path, text.text, PART_WORDS)
        yield from check_topics(DEVELOPMENT, text.path, text.text, text.language)
    yield from check_reading(texts, PARTS)
    yield from check_duplicates(texts, [], ())


def _every_facet_once(entries: Entries, facets: Sequence[str]) -> Iterator[Finding]:
    counts = Counter(entry["facet"] for entry in entries)
    for number, entry in enumerate(entries):
        if entry["facet"] not in facets:
            message = f"{entry['facet']!r} is not a facet of this skill"
            path = ("facets", number, "facet")
            yield Finding(DEVELOPMENT, path, "unknown-facet", message, f"Use one of: {', '.join(facets)}.")
    for facet in facets:
        if counts[facet] != 1:
            message = f"facet {facet} stands {counts[facet]} times"
            yield Finding(DEVELOPMENT, ("facets",), "facet-balance", message, "Write about each facet once.")


def _texts(entries: Entries) -> Iterator[BankText]:
    for number, entry in enumerate(entries):
        for level in Level:
            for part in PARTS:
                for language in LANGUAGES:
                    path = ("facets", number, level.value, part, language)
                    code = f"{entry['facet']}, {level}, {part}"
                    yield BankText(DEVELOPMENT, path, part, language, code, entry[level.value][part][language])
