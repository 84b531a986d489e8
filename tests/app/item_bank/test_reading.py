"""Syllables by rules of spelling, and the published formulas worked by hand."""

from __future__ import annotations

import pytest

from app.item_bank.reading import Counts, counts_of, difficulty, is_too_hard, syllables_of

ENGLISH = {
    1: "a the asked work place tried shelves times",
    2: "colleague agree table evening settled quiet",
    3: "decision idea",
}
FRENCH = {
    0: "l qu",
    1: "le vous lieu place aide tâches puisque",
    2: "équipe collègues réglé payer semaine",
    3: "demander maintenant création vérifier",
    4: "information rapidement priorité",
}


@pytest.mark.parametrize(("language", "words"), [("en", ENGLISH), ("fr", FRENCH)])
def test_syllables_are_those_that_are_spoken(language, words):
    found = {word: syllables_of(word, language) for named in words.values() for word in named.split()}
    assert found == {word: count for count, named in words.items() for word in named.split()}


def test_an_elided_article_is_part_of_the_next_word_and_a_number_is_one_word():
    assert counts_of(["L’équipe attend 12 caisses."], "fr") == Counts(words=4, sentences=1, syllables=6)
    assert counts_of(["It’s late. Who stays?"], "en") == Counts(words=4, sentences=2, syllables=4)


def test_the_formulas_are_the_published_ones():
    counts = Counts(words=100, sentences=5, syllables=140)
    assert difficulty(counts, "en") == pytest.approx(0.39 * 20 + 11.8 * 1.4 - 15.59)
    assert difficulty(counts, "fr") == pytest.approx(207 - 1.015 * 20 - 73.6 * 1.4)


@pytest.mark.parametrize(
    ("language", "plain", "hard"),
    [
        (
            "en",
            "You ask a colleague how long it took. Then you plan the next day with that figure.",
            "Prioritising organisational considerations necessitates continuous collaborative re-evaluation.",
        ),
        (
            "fr",
            "Vous demandez combien de temps cela a pris. Puis vous prévoyez le lendemain avec ce chiffre.",
            "La hiérarchisation des considérations organisationnelles nécessite une réévaluation collaborative.",
        ),
    ],
)
def test_plain_words_pass_and_heavy_ones_do_not(language, plain, hard):
    assert not is_too_hard(difficulty(counts_of([plain], language), language), language)
    assert is_too_hard(difficulty(counts_of([hard], language), language), language)


def test_no_word_at_all_is_not_hard():
    for language in ("en", "fr"):
        assert not is_too_hard(difficulty(counts_of(["…"], language), language), language)
