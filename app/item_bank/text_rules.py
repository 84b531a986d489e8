"""Rules about one text: its length, words that give an answer away, typography. Limits: docs/item_bank_format.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.item_bank.findings import Finding
from app.item_bank.yaml_lines import Path

LANGUAGES = ("en", "fr")
ABSOLUTES = {
    "en": r"\b(always|never|everyone|everybody|nobody|no one|everything|nothing|none|completely)\b",
    "fr": r"\b(toujours|jamais|personne ne|personne n’|tout le monde|aucune?|rien|totalement)\b",
}
NEGATIONS = {
    "en": r"\b(not|cannot|without|\w+n’t)\b",
    "fr": r"\b(ne|pas|sans|n’\w+)\b",
}
UNBOUND_FRENCH = re.compile(r"(?<![\u00a0\u202f:;!?])[;:!?»]|«(?![\u00a0\u202f])")
STRAIGHT_QUOTE = re.compile(r"['\"]")
DOUBLE_SPACE = re.compile(r"\s{2,}")
THREE_DOTS = re.compile(r"\.\.")
LOOSE_HYPHEN = re.compile(r"(?<=\s)-(?=\s)")
SPACE_BEFORE = {"en": re.compile(r"\s[;:!?.,]"), "fr": re.compile(r"\s[.,]")}
OTHER_QUOTES = {"en": re.compile(r"[«»]"), "fr": re.compile(r"[“”]")}


def words(text: str) -> int:
    """Words as a reader counts them: what stands between spaces and holds a letter or a digit."""
    return sum(any(character.isalnum() for character in token) for token in text.split())


def check_length(file: str, path: Path, text: str, limits: tuple[int, int]) -> Iterator[Finding]:
    """The number of words, both limits included."""
    count, (fewest, most) = words(text), limits
    if not fewest <= count <= most:
        message = f"{count} words, outside {fewest} to {most}"
        yield Finding(file, path, "word-limit", message, "Shorten it." if count > most else "Say more.")


def check_absolutes(file: str, path: Path, text: str, language: str) -> Iterator[Finding]:
    """Words such as always and never: people learn to avoid options that hold them."""
    found = re.search(ABSOLUTES[language], text, re.IGNORECASE)
    if found:
        yield Finding(file, path, "absolute", f"the absolute {found.group()!r}", "Say it without this word.")


def check_negations(file: str, path: Path, text: str, language: str) -> Iterator[Finding]:
    """How often one did not do something is hard to answer."""
    found = re.search(NEGATIONS[language], text, re.IGNORECASE)
    if found:
        yield Finding(file, path, "negation", f"the negation {found.group()!r}", "Say what is done instead.")


def check_typography(file: str, data: Any, path: Path = ()) -> Iterator[Finding]:
    """Typography of every English and French text in a file, wherever it stands."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from check_typography(file, value, (*path, name))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from check_typography(file, value, (*path, number))
    elif isinstance(data, str):
        language = next((step for step in reversed(path) if step in LANGUAGES), None)
        if language:
            yield from _typography(file, path, data, language)


def _typography(file: str, path: Path, text: str, language: str) -> Iterator[Finding]:
    quotes = "“ ”" if language == "en" else "« »"
    checks = (
        (STRAIGHT_QUOTE, "a straight quote or apostrophe", f"Use ’ and {quotes}."),
        (OTHER_QUOTES[language], "quotes of the other language", f"Use {quotes}."),
        (DOUBLE_SPACE, "two spaces in a row", "Keep one."),
        (THREE_DOTS, "dots in a row", "Use one … sign."),
        (LOOSE_HYPHEN, "a hyphen used as a dash", "Use –, a comma or a new sentence."),
        (SPACE_BEFORE[language], "a space before a mark", "Remove it."),
    )
    for pattern, message, remedy in checks:
        if pattern.search(text.strip()):
            yield Finding(file, path, "typography", message, remedy)
    found = UNBOUND_FRENCH.search(text) if language == "fr" else None
    if found:
        message = f"no no-break space beside {found.group()!r}"
        remedy = "Put U+202F before ; ! ? and U+00A0 before : and inside « »."
        yield Finding(file, path, "typography", message, remedy)
