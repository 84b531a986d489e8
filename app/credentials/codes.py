"""The code printed on a certificate: 80 random bits as 16 Crockford base-32 characters and one check character.

The check character is taken from the same 32 characters, so it survives a URL, a QR code and a telephone (Crockford's
own adds `* ~ $ = U`). It makes a weighted sum over the field GF(32) vanish, the weights being 17 different powers of
a primitive element. Hence, by algebra and not by chance, every single wrong character and every exchange of two
characters, neighbours or not, is detected: an error e adds w*e != 0; an exchange adds (w_i + w_j)(a + b) != 0.
Any other mistake passes once in 32 tries and then meets 80 random bits.
"""

from __future__ import annotations

import re
import unicodedata

from app.credentials.errors import TypingError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford (2002): no I, L, O, U
RANDOM_BITS = 80
RANDOM_CHARACTERS = 16  # 5 bits each
LENGTH = RANDOM_CHARACTERS + 1
GROUP = 4
FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive: the element x has order 31
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IN_LINK = re.compile(r"/c/([^/?#]+)")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212._]+")


def code_from_bits(bits: int) -> str:
    """The code for 80 random bits."""
    characters = [ALPHABET[(bits >> shift) & 31] for shift in range(RANDOM_BITS - 5, -5, -5)]
    return "".join(characters) + _check_character("".join(characters))


def read_code(typed: str) -> str:
    """The code meant by what a person typed: any case and spacing, O for 0, I and L for 1, or the whole link.

    Raises
    ------
    TypingError
        If no code is spelled so. It says nothing about which codes exist.
    """
    code = _spelled(typed)
    if len(code) != LENGTH or not set(code) <= _VALUE.keys() or _check_character(code[:-1]) != code[-1]:
        raise TypingError
    return code


def slips(typed: str) -> int:
    """How far this is at least from any code: characters that no code has, and those too many or too few."""
    spelled = _spelled(typed)
    return abs(len(spelled) - LENGTH) + sum(character not in _VALUE for character in spelled)


def _spelled(typed: str) -> str:
    link = _IN_LINK.search(typed)
    spelled = unicodedata.normalize("NFKC", link[1] if link else typed).upper()
    return _SEPARATORS.sub("", spelled).translate(_LOOK_ALIKES)


def grouped(code: str) -> str:
    """The code as it is printed, in groups of four."""
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


class Coded:
    """What carries a code, and prints it."""

    __slots__ = ()
    code: str

    @property
    def printed_code(self) -> str:
        """The code in groups, as it is printed."""
        return grouped(self.code)


def _check_character(characters: str) -> str:
    total = 0
    for character in characters:
        total = _times_x(total ^ _VALUE[character])
    return ALPHABET[total]


def _times_x(element: int) -> int:
    shifted = element << 1
    return shifted ^ FIELD_POLYNOMIAL if shifted & 32 else shifted
