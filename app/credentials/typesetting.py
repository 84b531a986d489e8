"""Typst, the one tool that prints: certificates as PDF, badges as pixels, with packaged fonts and no others.

So every machine prints the same bytes. Whatever text is handed over travels as data and is never read as markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typst import Compiler

FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")  # Noto Sans for 20 scripts; Noto Sans CJK
FALLBACK = "\N{WHITE SQUARE}"  # where no packaged font has the character
PIXELS_PER_INCH = 144
REMEMBERED_TEXTS = 4096
HERE = Path(__file__).parent


def to_pdf(template: str, data: Mapping[str, Any], *, timestamp: int) -> bytes:
    """The document as PDF/A-3, so that a file may travel inside, and PDF/UA-1, so that a screen reader can read it.

    `timestamp` (seconds) is its date, so its bytes never change.
    """
    made = _compiler(template).compile(
        format="pdf", sys_inputs=_inputs(data), pdf_standards=["a-3a", "ua-1"], timestamp=timestamp
    )
    return bytes(_one(made))


def to_png(template: str, data: Mapping[str, Any]) -> bytes:
    """The same as pixels."""
    return bytes(_one(_compiler(template).compile(format="png", sys_inputs=_inputs(data), ppi=PIXELS_PER_INCH)))


def printable(text: str) -> str:
    """The text with a square for each character that no packaged font has."""
    if _is_printable(text):
        return text
    kept = "".join(character if _is_printable(character) else FALLBACK for character in text)
    return kept if _is_printable(kept) else FALLBACK  # letters that print alone may not print together


@lru_cache(maxsize=REMEMBERED_TEXTS)
def _is_printable(text: str) -> bool:
    """Asked of the typesetter itself: printing strictly, it refuses what it has no glyph for."""
    if text.isascii():
        return True
    from typst import TypstError  # noqa: PLC0415

    try:
        to_pdf("one_text.typ", {"text": text}, timestamp=0)
    except TypstError:
        return False
    return True


def _inputs(data: Mapping[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(data, ensure_ascii=False)}


def _one(made: Any) -> Any:
    """A document of one page comes back as its bytes, of several as a list."""
    return made[0] if isinstance(made, list) else made


@cache
def _compiler(template: str) -> Compiler:
    from typst import Compiler  # noqa: PLC0415  34 MB that only who prints should load

    fonts = [str(files(package)) for package in FONT_PACKAGES]
    return Compiler(str(HERE / template), font_paths=fonts, ignore_system_fonts=True)
