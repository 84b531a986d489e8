"""The measure of likeness: 1 for the same words, symmetric, and of two texts alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.item_bank.duplicate_rules import TOO_ALIKE
from app.item_bank.similarity import similarities

SENTENCES = st.lists(st.text(alphabet="abcdé ’?", max_size=30), min_size=1, max_size=5)


def test_two_words_are_compared_by_hand():
    # " ab " has the trigrams " ab" and "ab "; " abc " has " ab", "abc" and "bc ": one in common
    assert similarities(["ab"], ["abc"])[0, 0] == pytest.approx(1 / np.sqrt(2 * 3))


@pytest.mark.parametrize(
    ("one", "alike", "apart"),
    [
        (
            "help someone who had too much to do?",
            "Help someone who had far too much to do",
            "ask someone for help when you were stuck on a task?",
        ),
        (
            "aidé quelqu’un qui avait trop à faire\u202f?",
            "aidé quelqu’un qui avait beaucoup trop à faire",
            "demandé de l’aide quand vous butiez sur une tâche\u202f?",
        ),
    ],
)
def test_a_word_more_is_the_same_text_and_another_act_is_not(one, alike, apart):
    found = similarities([one], [alike, apart])[0]
    assert found[0] >= TOO_ALIKE > 0.6 > found[1]


@settings(deadline=None)  # the first matrix of a process takes its time to load
@given(SENTENCES, SENTENCES)
def test_likeness_is_symmetric_within_0_and_1_and_does_not_move_with_the_company(texts, others):
    found = similarities(texts, others)
    assert found.shape == (len(texts), len(others))
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found, similarities(others, texts).T)
    np.testing.assert_allclose(found[:1, :1], similarities(texts[:1], others[:1]))
    for text, itself in zip(texts, np.diag(similarities(texts, texts)), strict=True):
        assert itself == pytest.approx(1.0 if any(letter.isalnum() for letter in text) else itself)
