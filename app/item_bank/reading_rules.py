"""Rules about reading difficulty: a limit for the whole of a format, a warning for one text beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from app.item_bank.bank_texts import FORMATS, BankText
from app.item_bank.findings import Finding
from app.item_bank.reading import HARDEST_ENGLISH_GRADE, LOWEST_FRENCH_EASE, counts_of, difficulty, is_too_hard
from app.item_bank.text_rules import LANGUAGES

SHORTER = "Shorter sentences and everyday words help most."


def check_reading(texts: Iterable[BankText], formats: Sequence[str] = FORMATS) -> Iterator[Finding]:
    """Each text that is harder than a reader of 13 to 14 manages, and each format that is so as a whole."""
    texts = tuple(texts)
    for text in texts:
        value = difficulty(counts_of([text.text], text.language), text.language)
        if is_too_hard(value, text.language):
            message = f"hard to read: {said(value, text.language)}"
            yield Finding(text.file, text.path, "reading", message, SHORTER, is_warning=True)
    for language in LANGUAGES:
        for name in formats:
            together = [text for text in texts if (text.format, text.language) == (name, language)]
            value = difficulty(counts_of([text.text for text in together], language), language)
            if together and is_too_hard(value, language):
                message = f"the texts of kind {name} ({language}) are hard to read as a whole: {said(value, language)}"
                yield Finding(together[0].file, together[0].path[:1], "reading-mean", message, SHORTER)


def said(value: float, language: str) -> str:
    """A difficulty with its unit and limit."""
    if language == "fr":
        return f"Kandel-Moles reading ease {value:.0f}, at least {LOWEST_FRENCH_EASE:.0f} is wanted"
    return f"Flesch-Kincaid grade {value:.1f}, at most {HARDEST_ENGLISH_GRADE:.0f} is wanted"
