"""Finds English left on a French page: texts of the catalogue that stand there untranslated, and English words."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import Page

CATALOGUE = Path(__file__).resolve().parents[2] / "app/translations/fr/LC_MESSAGES/messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
ENGLISH_WORDS = re.compile(r"\b(the|your|you|and|with|this|of|may|when|which)\b")  # none of them is a French word
SHORTEST_FRAGMENT = 12  # characters; what is shorter is compared with whole texts only
READ = """() => {
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const own = walker.currentNode.parentElement.closest("[lang]").lang;
    if (own === "fr") texts.push(walker.currentNode.textContent);
  }
  for (const name of ["aria-label", "alt", "placeholder", "title", "data-saving", "data-saved", "data-offline"])
    for (const e of document.body.querySelectorAll(`[${name}]`)) texts.push(e.getAttribute(name));
  return texts.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


@cache
def _english() -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole English texts, and the longer pieces between the values of others; none that French shares."""
    with CATALOGUE.open("rb") as file:
        messages = [one for one in read_po(file, locale="fr") if one.id and isinstance(one.id, str)]
    french = {str(message.string) for message in messages}
    whole = {message.id for message in messages if message.id != message.string and message.id not in french}
    pieces = {piece.strip() for text in whole for piece in PLACEHOLDER.split(text)}
    spoken = " ".join(french)
    long = tuple(sorted(piece for piece in pieces if len(piece) >= SHORTEST_FRAGMENT and piece not in spoken))
    return frozenset(text.replace("%%", "%") for text in whole), long


def english_left(page: Page) -> list[str]:
    """Every text of this page that is English: known to the catalogue as such, or given away by its words."""
    whole, pieces = _english()
    texts: list[str] = page.evaluate(READ)
    return [
        f"English on a French page: {text!r}"
        for text in texts
        if text in whole or any(piece in text for piece in pieces) or ENGLISH_WORDS.search(text)
    ]
