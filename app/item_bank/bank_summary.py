"""A bank in figures: how much of what there is, how alike its texts are, how hard and how long they are to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np

from app.item_bank.bank_files import BankFiles
from app.item_bank.bank_texts import FORMATS, OPTION, SITUATION, STATEMENT, BankText, Entries, texts_of
from app.item_bank.duplicate_rules import OtherBank
from app.item_bank.guessing import guessing_of
from app.item_bank.reading import counts_of, difficulty
from app.item_bank.similarity import similarities
from app.item_bank.text_rules import LANGUAGES, words

WORDS_PER_MINUTE = 200  # below the 238 at which adults read English non-fiction (Brysbaert 2019): each text is weighed
SECONDS_PER_ANSWER = 5  # to choose one category once the text is read; an assumption until sittings are timed
SITTING_UNITS = (12, 20, 40)  # scored units, half of them scenarios: shortest, usual, longest without being undecided
BINS = 10  # of the similarity histogram, each a tenth wide


@dataclass(frozen=True, slots=True)
class BankSummary:
    """Figures of one bank. Counts are of items; `similarity` of texts by their nearest other text, in tenths."""

    label: str
    formats: dict[str, int]
    facets: dict[str, dict[str, int]]
    intents: dict[str, dict[str, int]]
    keys: dict[str, dict[str, int]]
    words: dict[str, dict[str, int]]
    reading: dict[str, dict[str, float]]
    similarity: dict[str, list[int]]
    nearest: dict[str, float]
    minutes: dict[str, dict[str, float]]
    guessing: dict[str, dict[str, dict[str, float]]]

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def summary_of(files: BankFiles, others: Iterable[OtherBank] = ()) -> BankSummary:
    """The figures of a bank, its texts compared with each other and with those of `others`."""
    kinds = {"statements": files.statements, "scenarios": files.scenarios}
    texts = tuple(texts_of(files.statements, files.scenarios))
    known = [text for other in others for text in other.texts]
    nearest = {language: _nearest(texts, known, language) for language in LANGUAGES}
    by_format = {
        language: {name: [t for t in texts if (t.language, t.format) == (language, name)] for name in FORMATS}
        for language in LANGUAGES
    }
    return BankSummary(
        label=f"{files.bank['skill']} v{files.bank['version']}",
        formats={**{name: len(entries) for name, entries in kinds.items()}, "options": len(_options(files.scenarios))},
        facets=_counted(kinds, "facet"),
        intents=_counted(kinds, "difficulty_intent"),
        keys={
            "statements": _by_name(entry["keyed"] for entry in files.statements),
            "options": _by_name(option["key"] for option in _options(files.scenarios)),
        },
        words={
            lang: {name: sum(words(t.text) for t in own) for name, own in of.items()} for lang, of in by_format.items()
        },
        reading={
            lang: {name: round(difficulty(counts_of([t.text for t in own], lang), lang), 1) for name, own in of.items()}
            for lang, of in by_format.items()
        },
        similarity={lang: np.histogram(found, BINS, (0.0, 1.0))[0].tolist() for lang, found in nearest.items()},
        nearest={lang: round(max(found, default=0.0), 2) for lang, found in nearest.items()},
        minutes={lang: _minutes(files, of, lang) for lang, of in by_format.items()},
        guessing={
            lang: {name: found.as_dict() for name, found in guessing_of(files.scenarios, lang).items()}
            for lang in LANGUAGES
        },
    )


def _options(scenarios: Entries) -> Entries:
    return [option for scenario in scenarios for option in scenario["options"]]


def _counted(kinds: dict[str, Entries], field: str) -> dict[str, dict[str, int]]:
    counts = {kind: Counter(str(entry[field]) for entry in entries) for kind, entries in kinds.items()}
    names = dict.fromkeys(name for count in counts.values() for name in count)
    return {name: {kind: count[name] for kind, count in counts.items()} for name in names}


def _by_name(values: Iterable[int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(values).items())}


def _nearest(texts: Iterable[BankText], known: Iterable[BankText], language: str) -> list[float]:
    own = [text.text for text in texts if text.language == language]
    others = [text.text for text in known if text.language == language]
    alike = similarities(own, own + others)
    np.fill_diagonal(alike, 0.0)
    return [float(value) for value in alike.max(axis=1)]


def _minutes(files: BankFiles, texts: dict[str, list[BankText]], language: str) -> dict[str, float]:
    stem, prompt = files.bank["statement"]["stem"][language], files.bank["scenario"]["prompt"][language]
    statement = words(stem) + fmean(words(text.text) for text in texts[STATEMENT])
    scenario = words(prompt) + _total(texts[SITUATION] + texts[OPTION]) / len(files.scenarios)
    ratings = len(texts[OPTION]) / len(files.scenarios)
    seconds = (statement + scenario) * 60 / WORDS_PER_MINUTE + (1 + ratings) * SECONDS_PER_ANSWER
    return {str(units): round(units / 2 * seconds / 60, 1) for units in SITTING_UNITS}


def _total(texts: list[BankText]) -> int:
    return sum(words(text.text) for text in texts)
