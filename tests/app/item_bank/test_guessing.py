"""Keys that wording gives away are found, keys that it does not are at chance, and no scenario helps with itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.item_bank.bank_files import read_bank
from app.item_bank.guessing import FORM, PENALTY, WORDS, guessing_of, left_out_guesses

BANKS = Path(__file__).resolve().parents[3] / "item_banks"
COMPOSURE = BANKS / "composure_under_pressure" / "v1"
LATEST = [
    max(skill.glob("v*"), key=lambda path: int(path.name[1:])) for skill in sorted(BANKS.iterdir()) if skill.is_dir()
]
KEYS = (6, 4, 3, 2, 1)
VERBS = ("ask", "tell", "write", "call", "show", "keep", "leave", "send", "hold", "bring", "share", "check", "move")


def scenarios(wording: Any, *, count: int = 24, seed: int = 1) -> list[dict[str, Any]]:
    """Each option reads as `wording` makes it of its key, its number and a random draw; their order is drawn."""
    rng = np.random.default_rng(seed)
    return [
        {"options": [{"key": int(key), "en": wording(int(key), number, rng)} for key in rng.permutation(KEYS)]}
        for number in range(count)
    ]


def some_words(rng: np.random.Generator, count: int) -> str:
    return " ".join(rng.choice(VERBS, count))


def test_edge_067_a_key_that_length_gives_away_is_guessed_from_form_alone() -> None:
    found = guessing_of(scenarios(lambda key, _, rng: some_words(rng, 3 + 2 * key)), "en")[FORM]
    assert found.best > 0.9
    assert found.agreement > 0.9 > found.agreement_chance_95
    assert found.category > 3
    assert found.best_chance == pytest.approx(0.2, abs=0.05)


def test_edge_067_a_key_that_a_word_gives_away_is_guessed_from_words_and_not_from_form() -> None:
    marked = scenarios(lambda key, _, rng: some_words(rng, 7) + (" together" if key == 6 else " alone"))
    found = guessing_of(marked, "en")
    assert found[WORDS].best > 0.9
    assert found[FORM].agreement <= found[FORM].agreement_chance_95


def test_edge_067_wording_that_owes_nothing_to_the_key_finds_what_chance_finds() -> None:
    """Over twenty banks the level of chance is exceeded about as often as it says."""
    beyond = 0
    for seed in range(20):
        plain = scenarios(lambda _, __, rng: some_words(rng, int(rng.integers(5, 12))), seed=seed)
        found = guessing_of(plain, "en")[WORDS]
        beyond += found.agreement > found.agreement_chance_95
    assert beyond <= 4


def test_a_scenario_teaches_nothing_about_itself() -> None:
    """Each option has a word that stands nowhere else: whoever has read the scenario knows it, and nobody else does."""
    own = scenarios(lambda _, __, rng: f"{some_words(rng, 6)} {''.join(rng.choice(list('bcdfghjk'), 9))}")
    assert guessing_of(own, "en")[WORDS].best < 0.5


def test_leaving_out_in_closed_form_is_leaving_out() -> None:
    rng = np.random.default_rng(3)
    table, keys, sizes = rng.standard_normal((14, 5)), rng.standard_normal((14, 2)), (5, 4, 5)
    kernel = table @ table.T
    found, first = left_out_guesses(kernel, sizes, keys), 0
    for size in sizes:
        out = np.arange(first, first + size)
        rest = np.setdiff1d(np.arange(14), out)
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)] + PENALTY * np.eye(rest.size), keys[rest])
        np.testing.assert_allclose(found[out], kernel[np.ix_(out, rest)] @ weights, atol=1e-10)
        first += size


def test_options_that_are_keyed_the_same_leave_nothing_to_guess() -> None:
    flat = [{"options": [{"key": 3, "en": "wait"}] * 4}] * 5
    assert guessing_of(flat, "en") == {}


def test_a_shipped_bank_says_what_its_wording_gave_away() -> None:
    found = guessing_of(read_bank(COMPOSURE).scenarios, "en")
    assert found[FORM].agreement > found[FORM].agreement_chance_95  # and v2 does not


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("bank", LATEST, ids=lambda path: path.parent.name)
def test_edge_067_the_form_of_options_gives_no_key_of_the_latest_banks_away(bank: Path, language: str) -> None:
    found = guessing_of(read_bank(bank).scenarios, language)[FORM]
    assert found.agreement <= found.agreement_chance_95
