"""The writing rules that a program can check across a bank, as pure functions over the files' values.

Sources of the limits: docs/item_bank_format.md. What only people can judge (one behaviour, a real tension, natural
wording) stays with reviewers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from app.item_bank.bank_texts import STATEMENT, Entries, texts_of
from app.item_bank.findings import BANK, SCENARIOS, STATEMENTS, Finding
from app.item_bank.text_rules import LANGUAGES, check_absolutes, check_length, check_negations, words
from app.item_bank.topics import check_senses, check_topics
from app.item_bank.yaml_lines import Path

STATEMENT_WORDS = (3, 18)
SITUATION_WORDS = (40, 80)
OPTION_WORDS = (12, 30)
LONGEST_TO_SHORTEST = 1.4
LEAST_FACET_SHARE = 0.20
LEAST_HARD_SHARE = 1 / 3
MOST_AT_ONE_PLACE = 0.40  # share of scenarios whose best option stands at one place, is the longest, or the shortest
LEAST_KEY_SHARE = 0.15  # of all options, for each third of the key's scale
FEWEST_FOR_PLACES = 5  # scenarios; below that, places say nothing
KEYS_WANTED = {"clearly effective": {5, 6}, "tempting but poor": {1, 2}, "mildly useful": {3, 4}}


def check_content(
    bank: Mapping[str, Any], statements: Entries, scenarios: Entries, facets: Iterable[str]
) -> Iterator[Finding]:
    """Every finding in files whose shape is right."""
    known = tuple(facets)
    files = ((STATEMENTS, "statements", statements), (SCENARIOS, "scenarios", scenarios))
    for file, name, entries in files:
        yield from _facets_balance(file, name, entries, known)
        yield from _hard_enough(file, name, entries)
    for number, statement in enumerate(statements):
        yield from _statement(number, statement)
    for number, scenario in enumerate(scenarios):
        yield from _scenario(number, scenario)
    codes = ((file, (name, n, "code"), e["code"]) for file, name, entries in files for n, e in enumerate(entries))
    yield from _all_differ(codes, "duplicate-code", "the code is taken", "Give this item its own code.")
    texts = (*_statement_texts(statements), *_scenario_texts(scenarios))
    yield from _all_differ(texts, "duplicate-text", "the same text stands elsewhere", "Write a different one.")
    yield from _best_option_is_hidden(scenarios)
    yield from _keys_are_balanced(scenarios)
    yield from _private_matters(statements, scenarios)
    yield from _priors_rise(bank["prior_parameters"])


def _facets_balance(file: str, name: str, entries: Entries, known: tuple[str, ...]) -> Iterator[Finding]:
    for number, entry in enumerate(entries):
        if entry["facet"] not in known:
            message = f"{entry['facet']!r} is not a facet of this skill"
            yield Finding(file, (name, number, "facet"), "unknown-facet", message, f"Use one of: {', '.join(known)}.")
    counts = Counter(entry["facet"] for entry in entries)
    for facet in known:
        if counts[facet] < LEAST_FACET_SHARE * len(entries):
            message = f"facet {facet} has {counts[facet]} of {len(entries)}, less than {LEAST_FACET_SHARE:.0%}"
            yield Finding(file, (name,), "facet-balance", message, f"Write more for {facet}.")


def _hard_enough(file: str, name: str, entries: Entries) -> Iterator[Finding]:
    hard = sum(entry["difficulty_intent"] == "hard" for entry in entries)
    if hard < LEAST_HARD_SHARE * len(entries):
        message = f"{hard} of {len(entries)} are hard to endorse, less than a third"
        remedy = "Write items that even good people rarely do: that is where the cut is."
        yield Finding(file, (name,), "difficulty-balance", message, remedy)


def _statement(number: int, statement: Mapping[str, Any]) -> Iterator[Finding]:
    for language, text in statement["text"].items():
        path = ("statements", number, "text", language)
        yield from check_length(STATEMENTS, path, text, STATEMENT_WORDS)
        yield from check_absolutes(STATEMENTS, path, text, language)
        yield from check_negations(STATEMENTS, path, text, language)
        if not text.endswith("?"):
            yield Finding(
                STATEMENTS, path, "ending", "the question is left open", "End it with ? to complete the stem."
            )


def _scenario(number: int, scenario: Mapping[str, Any]) -> Iterator[Finding]:
    options, where = scenario["options"], ("scenarios", number, "options")
    for language in LANGUAGES:
        situation = ("scenarios", number, "situation", language)
        yield from check_length(SCENARIOS, situation, scenario["situation"][language], SITUATION_WORDS)
        for place, option in enumerate(options):
            yield from check_length(SCENARIOS, (*where, place, language), option[language], OPTION_WORDS)
            yield from check_absolutes(SCENARIOS, (*where, place, language), option[language], language)
        counts = [words(option[language]) for option in options]
        if max(counts) > LONGEST_TO_SHORTEST * min(counts):
            message = f"the longest option ({language}) has {max(counts)} words, the shortest {min(counts)}"
            remedy = f"Keep the longest within {LONGEST_TO_SHORTEST} times the shortest."
            yield Finding(SCENARIOS, where, "option-length", message, remedy)
    keys = {option["key"] for option in options}
    missing = [what for what, wanted in KEYS_WANTED.items() if not wanted & keys]
    if missing:
        message = f"no option is {' or '.join(missing)} by its key"
        yield Finding(SCENARIOS, where, "key-spread", message, "Rewrite an option so that the scenario divides people.")


def _statement_texts(statements: Entries) -> Iterator[tuple[str, Path, str]]:
    for number, statement in enumerate(statements):
        for language in LANGUAGES:
            yield STATEMENTS, ("statements", number, "text", language), statement["text"][language]


def _scenario_texts(scenarios: Entries) -> Iterator[tuple[str, Path, str]]:
    for number, scenario in enumerate(scenarios):
        yield SCENARIOS, ("scenarios", number, "tension"), scenario["tension"]
        for place, option in enumerate(scenario["options"]):
            for language in LANGUAGES:
                yield SCENARIOS, ("scenarios", number, "options", place, language), option[language]


def _all_differ(texts: Iterable[tuple[str, Path, str]], code: str, message: str, remedy: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for file, path, text in texts:
        same = text.casefold().strip()
        if same in seen:
            yield Finding(file, path, code, message, remedy)
        seen.add(same)


def _best_option_is_hidden(scenarios: Entries) -> Iterator[Finding]:
    if len(scenarios) < FEWEST_FOR_PLACES:
        return
    most = MOST_AT_ONE_PLACE * len(scenarios)
    best = [_best_place(scenario["options"]) for scenario in scenarios]
    place, count = Counter(best).most_common(1)[0]
    if count > most:
        message = f"the best option stands at place {place + 1} in {count} of {len(scenarios)} scenarios"
        yield Finding(SCENARIOS, ("scenarios",), "position-clue", message, "Vary its place.")
    for language in LANGUAGES:
        ranks = [_rank_by_length(s["options"], where, language) for s, where in zip(scenarios, best, strict=True)]
        for rank, remedy in (("longest", "Shorten some best options."), ("shortest", "Say more in some best options.")):
            if ranks.count(rank) > most:
                message = (
                    f"the best option ({language}) is the {rank} in {ranks.count(rank)} of {len(scenarios)} scenarios"
                )
                yield Finding(SCENARIOS, ("scenarios",), "length-clue", message, remedy)


def _best_place(options: Entries) -> int:
    keys = [option["key"] for option in options]
    return keys.index(max(keys))


def _rank_by_length(options: Entries, best: int, language: str) -> str:
    counts = [words(option[language]) for option in options]
    others = counts[:best] + counts[best + 1 :]
    return "longest" if counts[best] > max(others) else "shortest" if counts[best] < min(others) else "between"


def _keys_are_balanced(scenarios: Entries) -> Iterator[Finding]:
    keys = Counter(option["key"] for scenario in scenarios for option in scenario["options"])
    if len(scenarios) < FEWEST_FOR_PLACES:
        return
    for what, wanted in KEYS_WANTED.items():
        count = sum(keys[key] for key in wanted)
        if count < LEAST_KEY_SHARE * keys.total():
            message = f"{count} of {keys.total()} options are {what} by their key, less than {LEAST_KEY_SHARE:.0%}"
            yield Finding(SCENARIOS, ("scenarios",), "key-balance", message, "Vary what the options are worth.")


def _private_matters(statements: Entries, scenarios: Entries) -> Iterator[Finding]:
    for text in texts_of(statements, scenarios):
        yield from check_topics(text.file, text.path, text.text, text.language)
        for finding in check_senses(text.file, text.path, text.text, text.language):
            # A statement asks whether one did it; in a scenario the word may be said of somebody else.
            yield finding if text.format == STATEMENT else finding.as_warning()


def _priors_rise(priors: Mapping[str, Any]) -> Iterator[Finding]:
    for kind in ("statement", "scenario"):
        for intent, prior in priors[kind].items():
            if any(low >= high for low, high in pairwise(prior["thresholds"])):
                path = ("prior_parameters", kind, intent, "thresholds")
                yield Finding(BANK, path, "thresholds-order", "the thresholds do not rise", "Order them upwards.")
