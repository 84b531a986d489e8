"""The figures of the shipped bank, counted here a second way."""

from __future__ import annotations

import pytest

from app.item_bank.bank_files import other_banks, read_bank
from app.item_bank.bank_summary import summary_of
from app.item_bank.shown import lines_of
from app.item_bank.text_rules import words
from tests.app.item_bank.bank_folders import SHIPPED, a_bank_folder, another_skills_bank


@pytest.fixture(scope="module")
def summary():
    return summary_of(read_bank(SHIPPED))


def test_counts_are_those_of_the_files(summary):
    files = read_bank(SHIPPED)
    assert summary.formats == {"statements": 24, "scenarios": 12, "options": 60}
    assert summary.facets["include_others"] == {"statements": 6, "scenarios": 3}
    assert summary.intents["hard"] == {"statements": 8, "scenarios": 4}
    assert sum(summary.keys["options"].values()) == 60
    assert summary.words["fr"]["statement"] == sum(words(entry["text"]["fr"]) for entry in files.statements)


def test_every_text_stands_once_in_the_histogram_and_the_nearest_is_in_its_last_bin(summary):
    for language in ("en", "fr"):
        assert sum(summary.similarity[language]) == 24 + 12 + 60
        last = max(place for place, count in enumerate(summary.similarity[language]) if count)
        assert last == int(summary.nearest[language] * 10)


def test_minutes_grow_with_the_units_and_are_those_of_words_and_answers(summary):
    english = summary.minutes["en"]
    statement = summary.words["en"]["statement"] / 24 + 9  # In the last six months, how often did you…
    scenario = (summary.words["en"]["situation"] + summary.words["en"]["option"]) / 12 + 7
    assert english["20"] == pytest.approx(10 * ((statement + scenario) / 200 + 6 * 5 / 60), abs=0.06)
    assert english["12"] < english["20"] < english["40"]


def test_another_bank_moves_the_nearest_text(tmp_path):
    folder = a_bank_folder(tmp_path)
    another_skills_bank(tmp_path, statement="help someone who had too much to do?")
    assert summary_of(read_bank(folder), other_banks(folder)).nearest["en"] == 1.0


def test_the_table_names_every_figure(summary):
    shown = "\n".join(lines_of(summary))
    assert "collaboration v1: 24 statements, 12 scenarios, 60 options" in shown
    assert "minutes a sitting takes (fr): 12 units" in shown
    assert "Kandel-Moles" in shown
    assert not [line for line in shown.splitlines() if len(line) > 120]
