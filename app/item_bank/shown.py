"""How a bank's figures look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.item_bank.bank_summary import SECONDS_PER_ANSWER, WORDS_PER_MINUTE, BankSummary

LONGEST_BAR = 40  # characters
GUESSERS = {"form": "form", "words": "form and words"}
UNITS = {"en": "Flesch-Kincaid grade, at most 8", "fr": "Kandel-Moles reading ease, at least 60"}


def lines_of(summary: BankSummary) -> Iterator[str]:
    """The summary as a table of plain text, line by line."""
    yield f"{summary.label}: " + ", ".join(f"{count} {name}" for name, count in summary.formats.items())
    yield from _table("facet", summary.facets)
    yield from _table("difficulty intent", summary.intents)
    yield from _table("keys of", summary.keys, each=True)
    yield from _table("words, language", summary.words)
    for language, values in summary.reading.items():
        yield f"  reading ({language}; {UNITS[language]}): " + _pairs(values)
    for language, counts in summary.similarity.items():
        yield f"  nearest other text ({language}), trigram cosine; most alike {summary.nearest[language]:.2f}"
        yield from _bars(counts)
    for language, minutes in summary.minutes.items():
        told = ", ".join(f"{units} units {value:.1f}" for units, value in minutes.items())
        yield f"  minutes a sitting takes ({language}): {told}"
    pace = f"{WORDS_PER_MINUTE} words a minute, {SECONDS_PER_ANSWER} seconds to choose each answer"
    yield f"  (half scenarios; read at {pace})"
    for language, found in summary.guessing.items():
        yield from _guesses(language, found)


def _guesses(language: str, found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for name, guess in found.items():
        away = guess["agreement"] > guess["agreement_chance_95"]
        verdict = "wording gives keys away" if away else "no better than chance"
        yield f"  keys guessed from the {GUESSERS[name]} of options alone ({language}): {verdict}"
        yield (
            f"    best option {guess['best']:.2f} (chance {guess['best_chance']:.2f}), "
            f"agreement {guess['agreement']:.2f} (chance to {guess['agreement_chance_95']:.2f}), "
            f"category {guess['category']:.2f} (chance {guess['category_chance']:.2f})"
        )


def _table(title: str, rows: Mapping[str, Mapping[str, int]], *, each: bool = False) -> Iterator[str]:
    width = max(len(name) for name in (title, *rows))
    columns = [] if each else list(next(iter(rows.values()), {}))
    yield ("  " + title.ljust(width) + "".join(column.rjust(len(column) + 2) for column in columns)).rstrip()
    for name, row in rows.items():
        cells = [f"  {_pairs(row)}"] if each else [str(row[column]).rjust(len(column) + 2) for column in columns]
        yield "  " + name.ljust(width) + "".join(cells)


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items())


def _bars(counts: Iterable[int]) -> Iterator[str]:
    counts = list(counts)
    scale = LONGEST_BAR / max(*counts, LONGEST_BAR)
    for tenth, count in enumerate(counts):
        if count:
            yield f"    .{tenth}  {count:4d} {'#' * max(1, round(count * scale))}"
