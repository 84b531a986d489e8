"""How well a scenario's key can be guessed from the wording of its options, without knowing what any of it is about.

A program that has read the other scenarios of a bank and their keys guesses those of one that it has not seen: from
the form of its options (place, length, punctuation, words that weaken or exclude), or from their words as well. What it
guesses a person with no judgement could guess, and so could any language model, which knows more. It is a lower bound:
that nothing is found here does not mean that nobody can guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.situational_judgement import BOUNDS

FORM, WORDS = "form", "words"
PENALTY = 1.0  # of the ridge, on kernels whose diagonal is about 1; never tuned
SHUFFLES = 199  # of the keys within their scenarios: what chance finds
SEED = 67
CHANCE_LEVEL = 95  # percentile of what chance finds
WORD = re.compile(r"[^\W\d_]+")
HEDGES = {
    "en": ("if", "may", "might", "could", "perhaps", "some", "try", "usually", "first", "when"),
    "fr": ("si", "peut", "pourrait", "parfois", "certains", "essayer", "souvent", "abord", "quand", "peut-être"),
}
ABSOLUTES = {
    "en": ("not", "no", "never", "always", "only", "all", "nothing", "every", "without", "whatever"),
    "fr": ("ne", "pas", "jamais", "toujours", "seulement", "tous", "rien", "chaque", "sans", "seul"),
}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Guessing:
    """What one guesser found over the scenarios of a bank in one language, and what chance finds.

    `best` is the share of scenarios whose best option was guessed, `agreement` the mean correlation of guesses and key
    within a scenario, `category` the mean category (0 to 4) the guesses would be scored in. `chance` values are means
    over shuffled keys; `agreement_chance_95` is their 95th percentile: above it, wording gives keys away.
    """

    best: float
    best_chance: float
    agreement: float
    agreement_chance_95: float
    category: float
    category_chance: float

    def as_dict(self) -> dict[str, float]:
        """Rounded, for a terminal and for JSON."""
        return {name: round(value, 2) for name, value in asdict(self).items()}


def guessing_of(scenarios: Sequence[Mapping[str, Any]], language: str) -> dict[str, Guessing]:
    """Each guesser's success in one language. Scenarios whose options are all keyed the same are left out."""
    told = [one for one in scenarios if len({option["key"] for option in one["options"]}) > 1]
    if len(told) < 2:
        return {}
    texts = [[str(option[language]) for option in one["options"]] for one in told]
    keys = [np.array([option["key"] for option in one["options"]], dtype=float) for one in told]
    form = _kernel(_centred(_form_of(texts, language), texts))
    words = _kernel(_centred(_words_of(texts), texts))
    return {FORM: _tried(form, keys), WORDS: _tried(form + words, keys)}


def left_out_guesses(kernel: Floats, sizes: Sequence[int], keys: Floats) -> Floats:
    """Ridge guesses of every option's key, each scenario's from the others alone, without fitting anew for each.

    Parameters
    ----------
    kernel : ndarray, shape (O, O)
        Over all options, scenario after scenario.
    sizes : options of each scenario, summing to O.
    keys : ndarray, shape (O,) or (O, R)
        R sets of keys, centred.

    References
    ----------
    Rifkin & Lippert (2007), on leaving out in closed form; here a block of rows at a time.
    """
    hat = kernel @ np.linalg.inv(kernel + PENALTY * np.eye(len(kernel)))
    fitted = hat @ keys
    guesses, first = np.empty_like(fitted), 0
    for size in sizes:
        rows = slice(first, first + size)
        residual = np.linalg.solve(np.eye(size) - hat[rows, rows], keys[rows] - fitted[rows])
        guesses[rows] = keys[rows] - residual
        first += size
    return guesses


def _tried(kernel: Floats, keys: Sequence[Floats]) -> Guessing:
    sizes, rng = [key.size for key in keys], np.random.default_rng(SEED)
    shuffled = [np.concatenate([rng.permutation(key) for key in keys]) for _ in range(SHUFFLES)]
    all_keys = np.stack([np.concatenate(keys), *shuffled], axis=1)
    ends = np.cumsum(sizes)[:-1]
    centred = np.concatenate([part - part.mean(axis=0) for part in np.split(all_keys, ends)])
    guesses = left_out_guesses(kernel, sizes, centred)
    each = zip(np.split(guesses, ends), np.split(all_keys, ends), strict=True)
    found = np.mean([_success(guess, key) for guess, key in each], axis=0)
    (best, agreement, category), chance = found[:, 0], found[:, 1:]
    return Guessing(
        best=float(best),
        best_chance=float(chance[0].mean()),
        agreement=float(agreement),
        agreement_chance_95=float(np.percentile(chance[1], CHANCE_LEVEL)),
        category=float(category),
        category_chance=float(chance[2].mean()),
    )


def _success(guesses: Floats, keys: Floats) -> Floats:
    """(whether the best was guessed, correlation, category) of one scenario under each set of keys, shape (3, R)."""
    turns = np.arange(keys.shape[1])
    best = keys[guesses.argmax(axis=0), turns] == keys.max(axis=0)
    off, key_off = guesses - guesses.mean(axis=0), keys - keys.mean(axis=0)
    length = np.sqrt((off**2).sum(axis=0) * (key_off**2).sum(axis=0))
    agreement = (off * key_off).sum(axis=0) / np.where(length > 0, length, 1.0)
    return np.stack([best, agreement, np.searchsorted(BOUNDS, agreement, side="right") * (length > 0)])


def _form_of(texts: Sequence[Sequence[str]], language: str) -> Floats:
    """Columns: place, length, longest, shortest, commas, weakening words, excluding words."""
    rows = []
    for options in texts:
        spoken = [WORD.findall(text.lower()) for text in options]
        lengths = [len(words) for words in spoken]
        for place, (text, words) in enumerate(zip(options, spoken, strict=True)):
            rows.append(
                (
                    place,
                    place**2,
                    np.log(max(len(words), 1)),
                    len(words) == max(lengths),
                    len(words) == min(lengths),
                    text.count(",") + text.count(";"),
                    sum(word in HEDGES[language] for word in words),
                    sum(word in ABSOLUTES[language] for word in words),
                )
            )
    return np.array(rows, dtype=float)


def _words_of(texts: Sequence[Sequence[str]]) -> Floats:
    spoken = [set(WORD.findall(text.lower())) for options in texts for text in options]
    column = {word: place for place, word in enumerate(sorted(set().union(*spoken)))}
    table = np.zeros((len(spoken), len(column)))
    for row, words in enumerate(spoken):
        table[row, [column[word] for word in words]] = 1.0
    return table


def _centred(table: Floats, texts: Sequence[Sequence[str]]) -> Floats:
    """Within each scenario: options are compared with each other, not with those of another situation."""
    ends = np.cumsum([len(options) for options in texts])[:-1]
    return np.concatenate([part - part.mean(axis=0) for part in np.split(table, ends)])


def _kernel(table: Floats) -> Floats:
    """Likeness of options, each column of the same weight; its diagonal is 1 on average."""
    spread = table.std(axis=0)
    scaled = table[:, spread > 0] / spread[spread > 0]
    return np.asarray(scaled @ scaled.T / max(scaled.shape[1], 1))
