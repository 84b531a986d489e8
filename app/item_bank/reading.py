"""How hard a text is to read, by the formula of its language, and how long reading it takes.

English: Flesch-Kincaid grade (Kincaid, Fishburne, Rogers & Chissom 1975), years of schooling in the United States;
8 is reached at age 13 to 14. French: the reading ease of Kandel & Moles (Cahiers d'études de radio-télévision, 1958),
Flesch's scale refitted to French: higher is easier, and 60 is the lower end of "plain", the same schooling.
Both formulas were made for passages. Of a single sentence they are rough, so one text is a warning, never a refusal;
the mean of a whole bank is what a limit can be set on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

HARDEST_ENGLISH_GRADE = 8.0
LOWEST_FRENCH_EASE = 60.0
MOST_WORDS_KEPT = 20_000  # a bank has some 3,000 different words in both languages, and asks for each about ten times
SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$|[»”])|\n{2,}")
WORD = re.compile(r"[^\W\d_]+|\d+")
ENGLISH_VOWELS = re.compile(r"[aeiouy]+")
ENGLISH_SILENT = re.compile(
    r"(?:[^aeiouylr]|[aeiouy][lr])e$|gues?$|[^aeiouytdl]ed$|[aeiouylr]led$|(?:[^aeiouysxzcghlr]|[aeiouy][lr])es$"
)
ENGLISH_APART = re.compile(r"i[aou](?!us\b)|[^aeiou]ua|eo(?!u)|dea|uie|[aeiou]ing\b|[^aeiou]ier|ism\b|oe[tm]")
ENGLISH_TOGETHER = re.compile(
    r"[tcsgx]i[ao]|iou?s\b|nion|eo[pn]|[qg]ua|[aeiouy][^aeiouy]e(?=ful|less|ly|ment|thing|book|house|times|ning|ry)"
)
FRENCH_VOWELS = re.compile(r"[aeiouyàâäéèêëîïôöùûüœæ]+")
FRENCH_SILENT = re.compile(r"(?:[^aeiouyàâéèêëîïôöùûœ]|[qg]u)es?$")
FRENCH_APART = re.compile(
    r"é(?=[aoiuâôèéê])|(?<=[aeiouéo])y(?=[aeiouéèâ])|(?<=[aeo])[ïüë]|[bcdfgptv][lr]i(?=[aeoé])|o(?=[aéè])"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What both formulas are made of."""

    words: int
    sentences: int
    syllables: int


def counts_of(texts: Iterable[str], language: str) -> Counts:
    """Words, sentences (at least one a text) and syllables of all `texts` together."""
    words = sentences = syllables = 0
    for text in texts:
        found = WORD.findall(text.lower())
        spoken = [syllables_of(word, language) for word in found]
        words += sum(count > 0 for count in spoken)  # an elided l’ or qu’ is part of the next word
        syllables += sum(spoken)
        sentences += max(1, len(SENTENCE_END.findall(text.strip())))
    return Counts(words, sentences, syllables)


@lru_cache(maxsize=MOST_WORDS_KEPT)
def syllables_of(word: str, language: str) -> int:
    """Spoken syllables of one lower-case word by rules of spelling; 0 for an elided letter, 1 for a number."""
    return 1 if word.isdigit() else _french(word) if language == "fr" else _english(word)


def difficulty(counts: Counts, language: str) -> float:
    """English: grade, higher is harder. French: reading ease, lower is harder. Of no word: as easy as can be."""
    if not counts.words:
        return 100.0 if language == "fr" else 0.0
    length, syllables = counts.words / counts.sentences, counts.syllables / counts.words
    if language == "fr":
        return 207.0 - 1.015 * length - 73.6 * syllables
    return 0.39 * length + 11.8 * syllables - 15.59


def is_too_hard(value: float, language: str) -> bool:
    """Whether a value of `difficulty` lies beyond its limit: about age 13 to 14 in both languages."""
    return value < LOWEST_FRENCH_EASE if language == "fr" else value > HARDEST_ENGLISH_GRADE


def _english(word: str) -> int:
    count = len(ENGLISH_VOWELS.findall(word)) + len(ENGLISH_APART.findall(word)) - len(ENGLISH_TOGETHER.findall(word))
    return max(count - bool(ENGLISH_SILENT.search(word)), 1 if word not in {"s", "t", "d", "ll", "re", "ve"} else 0)


def _french(word: str) -> int:
    word = word.removesuffix("u") if word.endswith("qu") else word  # elided: qu’il, jusqu’à
    count = len(FRENCH_VOWELS.findall(word)) + len(FRENCH_APART.findall(word))
    if count > 1 and FRENCH_SILENT.search(word):
        count -= 1
    return max(count, 1 if len(word) > 1 else count)
