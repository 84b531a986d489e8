"""The code on the certificate: hard to guess, easy to type, and a typing error is told from an unknown code."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from app.credentials import codes
from app.credentials.errors import TypingError

REPOSITORY = Path(__file__).parents[3]
CODES = [codes.code_from_bits(random.Random(seed).getrandbits(codes.RANDOM_BITS)) for seed in range(40)]


def is_readable(typed: str) -> bool:
    try:
        codes.read_code(typed)
    except TypingError:
        return False
    return True


def test_a_code_is_sixteen_random_characters_and_one_check_character() -> None:
    assert all(len(code) == 17 and set(code) <= set(codes.ALPHABET) for code in CODES)
    assert codes.code_from_bits(0) == "0" * 17
    assert codes.code_from_bits(2**80 - 1)[:16] == "Z" * 16


def test_different_bits_give_different_codes() -> None:
    assert len({codes.code_from_bits(1 << position) for position in range(80)}) == 80


def test_every_single_wrong_character_is_a_typing_error() -> None:
    passed = [
        (code, position, wrong)
        for code in CODES
        for position in range(17)
        for wrong in codes.ALPHABET
        if wrong != code[position] and is_readable(code[:position] + wrong + code[position + 1 :])
    ]
    assert passed == []


def test_every_exchange_of_two_characters_is_a_typing_error() -> None:
    passed = []
    for code in CODES:
        for first in range(17):
            for second in range(first + 1, 17):
                typed = list(code)
                typed[first], typed[second] = typed[second], typed[first]
                if code[first] != code[second] and is_readable("".join(typed)):
                    passed.append((code, first, second))
    assert passed == []


def test_edge_049_look_alikes_case_and_spacing_are_repaired() -> None:
    code = next(code for code in CODES if "0" in code and "1" in code)
    grouped = codes.grouped(code)
    spellings = [
        code.lower(),
        grouped,
        grouped.lower().replace("-", " "),
        code.replace("0", "O"),
        code.replace("0", "o").replace("1", "l"),
        code.replace("1", "I"),
        f"  {grouped}\n",
        grouped.replace("-", "\u2011"),
        grouped.replace("-", "\u00a0"),
        f"https://decile.example/c/{code}",
        f"https://decile.example/c/{code}?language=fr#x",
    ]
    assert {codes.read_code(spelling) for spelling in spellings} == {code}


@pytest.mark.parametrize(
    "typed", ["", "0", "0" * 16, "0" * 18, "U" * 17, "é" * 17, "*" + "0" * 16, "\x00" * 17, "²" * 17]
)
def test_edge_049_what_cannot_be_a_code_is_a_typing_error(typed: str) -> None:
    assert not is_readable(typed)


def test_edge_050_a_guess_hits_a_code_once_in_two_to_the_eightieth() -> None:
    assert codes.RANDOM_BITS == 80
    assert codes.RANDOM_CHARACTERS * 5 == codes.RANDOM_BITS


def test_a_code_needs_no_escaping_in_a_link_or_qr_code() -> None:
    qr_alphanumeric = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    assert set(codes.ALPHABET) <= qr_alphanumeric
    assert codes.ALPHABET.isalnum()


def test_the_code_is_printed_in_groups_of_four() -> None:
    assert codes.grouped("7Q4FXK2M9TBDW3HNT") == "7Q4F-XK2M-9TBD-W3HN-T"


def test_every_code_that_help_and_pages_give_as_an_example_is_well_formed() -> None:
    folders = ((REPOSITORY / "app", ("*.py", "*.html")), (REPOSITORY / "docs", ("*.md",)))
    files = [file for folder, kinds in folders for kind in kinds for file in folder.rglob(kind)]
    given = {code for file in files for code in re.findall(r"\b(?:[0-9A-Z]{4}-){4}[0-9A-Z]\b", file.read_text("utf-8"))}
    assert given
    assert [code for code in given if not is_readable(code)] == []
