"""French and English are equal: every text has both, with the same values in it, and French typography."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.foundation.mail import Message

APP = Path(__file__).resolve().parents[2] / "app"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "pgettext": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")
VALUE = re.compile(r"%\(\w+\)[sd]")
WRITES = re.compile(r"\bMessage\(")
STRAIGHT = re.compile(r"\b(?:[ldncsjmt]|qu|jusqu|lorsqu|puisqu|quelqu|aujourd)'(?=\w|$)", re.IGNORECASE)
MISSPACED = re.compile(  # U+202F stands before ; ! ? and U+00A0 before : % and inside « »
    r"[ \n\u00a0][;!?]|[ \n\u202f][:%»]|«[ \n\u202f]|[\w)][;!?%»](?=\s|$)|[\w)]:(?=\s|$)|«\w"
)
PLAIN = {0xA0: " ", 0x202F: " "}


@pytest.fixture(scope="module")
def french_letters():
    """The French of every module that holds the words of letters, subjects among it."""
    files = [
        file
        for file in APP.rglob("*.py")
        if file.stem.endswith("_texts") or WRITES.search(file.read_text(encoding="utf-8"))
    ]
    names = [".".join(("app", *file.relative_to(APP).with_suffix("").parts)) for file in sorted(files)]
    values = [value for name in names for value in vars(import_module(name)).values() if isinstance(value, dict)]
    return sorted({text for value in values for text in _french(value)})


@pytest.fixture(scope="module")
def catalogue():
    with (APP / "translations/fr/LC_MESSAGES/messages.po").open("rb") as file:
        return {_named(message.id, message.context): message for message in read_po(file, locale="fr") if message.id}


@pytest.fixture(scope="module")
def texts():
    found = extract_from_dir(str(APP), method_map=METHODS, keywords=KEYWORDS, options_map={})
    return {_named(message, context) for _, _, message, _, context in found}


def _named(message, context):
    """A text by itself, its plural beside it; one word that French says in several ways by its context too."""
    text = message if isinstance(message, str) else tuple(message)
    return f"{context}: {text}" if context else text


def test_every_text_of_code_and_templates_has_a_french_twin(catalogue, texts):
    assert len(texts) > 300
    assert sorted(str(text) for text in texts if text not in catalogue or not catalogue[text].string) == []


def test_no_translation_is_left_over_or_unsure(catalogue, texts):
    assert sorted(str(text) for text in catalogue if text not in texts) == []
    assert [text for text, message in catalogue.items() if message.fuzzy] == []


def test_both_languages_carry_the_same_values(catalogue):
    differing = [
        text
        for text, message in catalogue.items()
        if isinstance(text, str)
        and sorted(set(PLACEHOLDER.findall(text))) != sorted(set(PLACEHOLDER.findall(str(message.string))))
    ]
    assert differing == []


def test_french_puts_a_hard_space_before_high_punctuation(catalogue):
    """A plain space there may break the line before the sign, and each sign has its own hard one."""
    said = [VALUE.sub("x", part) for message in catalogue.values() for part in _parts(message.string)]
    assert [text for text in said if MISSPACED.search(text)] == []


def test_french_letters_and_their_subjects_go_out_with_hard_spaces(french_letters):
    """They are written with plain ones, which may break the line before the sign; a message mends them."""
    letters = [Message("ada@decile.example", text, text, key="letter") for text in french_letters]
    assert len([text for text in french_letters if MISSPACED.search(text)]) > 50
    assert [part for letter in letters for part in (letter.subject, letter.text) if MISSPACED.search(part)] == []
    assert [letter.text.translate(PLAIN) for letter in letters] == [text.translate(PLAIN) for text in french_letters]


def test_french_writes_the_curly_apostrophe_in_pages_and_in_letters(catalogue):
    translated = [part for message in catalogue.values() for part in _parts(message.string) if "'" in part]
    assert translated == []
    written = [
        f"{file.relative_to(APP)}: {text}"
        for file in sorted(APP.rglob("*.py"))
        if STRAIGHT.search(source := file.read_text(encoding="utf-8"))
        for text in _strings(ast.parse(source))
        if STRAIGHT.search(text)
    ]
    assert written == []


NAMES_NOT_USED = {
    "rang percentile, percentile": r"percentile",
    "bande, fourchette (it is an intervalle)": r"\bbandes?\b|fourchette",
    "ligne, limite of a norm (it is a seuil)": r"(?:sous|dessus de|près de|où est) la (?:ligne|limite)\b",
    "projet (it is a brouillon)": r"\bprojet\b",
    "panel, groupe d’experts (it is a groupe de juges)": r"\bpanel\b|\bexperts?\b",
    "porte, critère (a gate is a condition)": r"\b(?:une|des|cette) portes?\b|critère",
    "séance, session (a sitting is a passation or an évaluation)": r"\bséances?\b|\bsessions?\b",
    "éditeur, examinateur, administrateur (who may is a personne habilitée or chargée)": (
        r"éditeur|examinateur|administrateur"
    ),
    "réunion (a merge is a fusion)": r"\bréunions?\b",
    "grille de cotation (a key is a clé de correction)": r"cotation",
    "auto-description (self-report is autoévaluation)": r"auto-?description",
    "restreint (an account is au repos)": r"restreint",
    "processus de signature, de travail (it is the processus d’arrière-plan)": r"processus de\b",
    "boîte aux lettres (it is a messagerie)": r"boîtes? aux lettres",
    "opérateur (it is an exploitant)": r"opérateur",
    "écart type": r"écarts? types?",
    "les meilleurs, les mieux placés, les supérieurs": r"%% (?:meilleurs|les mieux placés|supérieurs)",
}


@pytest.mark.parametrize("name", NAMES_NOT_USED)
def test_one_thing_has_one_name_in_french(catalogue, french_letters, name):
    said = [PLACEHOLDER.sub("%%", part) for message in catalogue.values() for part in _parts(message.string)]
    said += french_letters
    assert [text for text in said if re.search(NAMES_NOT_USED[name], text, re.IGNORECASE)] == []


VERDICTS = ("VALID", "EXPIRED", "REVOKED", "SUSPENDED", "ALTERED", "SPECIMEN", "UNKNOWN")


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_one_word_wherever_it_begins_a_line(catalogue, verdict):
    word = str(catalogue[verdict].string)
    lines = [text for text in catalogue if isinstance(text, str) and re.match(rf"{verdict}\b", text)]
    assert [text for text in lines if not str(catalogue[text].string).startswith(word)] == []


def _parts(translation: str | tuple[str, ...]) -> tuple[str, ...]:
    return (translation,) if isinstance(translation, str) else translation


def _french(words: Mapping[Any, Any]) -> Iterator[str]:
    """What stands under "fr", however deep the table."""
    for key, value in words.items():
        if key == "fr":
            yield from _texts_in(value)
        elif isinstance(value, Mapping):
            yield from _french(value)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(part)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _texts_in(astuple(value))


def _strings(tree: ast.Module) -> Iterator[str]:
    """What is written in code for people; docstrings speak English, and name French papers as they are."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
