"""Pages can be read by whoever left school at fourteen: grade 8 at most in English, plain French.

Counted over the running text of each template (sentences of six words or more, headings and labels are no passages),
in both languages; the formulas are those the item banks are held to.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.item_bank.reading import Counts, counts_of, difficulty, is_too_hard

APP = Path(__file__).resolve().parents[2] / "app"
FEWEST_WORDS, FEWEST_SENTENCES = 6, 4
FOR_PROGRAMMERS = {"templates/api", "templates/design"}


def _texts() -> dict[str, list[str]]:
    found = extract_from_dir(str(APP), method_map=[("templates/**.html", "jinja2")], keywords={"_": None})
    texts = defaultdict(list)
    for template, _, message, _, _ in found:
        if not any(template.startswith(folder) for folder in FOR_PROGRAMMERS) and len(message.split()) >= FEWEST_WORDS:
            texts[template].append(message)
    return {template: sentences for template, sentences in texts.items() if len(sentences) >= FEWEST_SENTENCES}


@pytest.fixture(scope="module")
def texts() -> dict[str, list[str]]:
    """By template. Not read where pytest collects, which every worker does."""
    return _texts()


@pytest.fixture(scope="module")
def french() -> dict[str, str]:
    with (APP / "translations/fr/LC_MESSAGES/messages.po").open("rb") as file:
        return {message.id: str(message.string) for message in read_po(file, locale="fr") if message.id}


def measured(texts: list[str], language: str) -> tuple[Counts, float]:
    counts = counts_of((text.replace("%%", "%") for text in texts), language)
    return counts, difficulty(counts, language)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_of_text_is_plain(texts, french, language) -> None:
    too_hard = []
    for template, english in texts.items():
        counts, value = measured([french[text] for text in english] if language == "fr" else english, language)
        if is_too_hard(value, language):
            too_hard.append(f"{template}: {value:.1f} over {counts.words} words")
    assert too_hard == []


def test_enough_text_is_looked_at(texts) -> None:
    assert len(texts) >= 15
    assert sum(len(sentences) for sentences in texts.values()) >= 200


def test_officialese_would_be_found() -> None:
    text = [
        "Notwithstanding the aforementioned considerations, organisational accountability necessitates verification."
    ]
    assert is_too_hard(difficulty(counts_of(text, "en"), "en"), "en")
