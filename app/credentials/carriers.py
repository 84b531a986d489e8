"""The printed carriers of a credential: badge as SVG and PNG, certificate as PDF, each with the signed document inside.

What is printed may be changed by anyone with a drawing program; what is inside may not. A verifier reads the inside.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from app.credentials import png_carrier, svg_carrier, typesetting
from app.credentials.certificate import certificate
from app.credentials.face import Face
from app.credentials.text_fit import Fitted, fitted

SVG, PNG, PDF = "image/svg+xml", "image/png", "application/pdf"
PRINTED = {"svg": SVG, "png": PNG, "pdf": PDF}
CLAIM_SIZES = (68, 60, 52, 44, 36)
SKILL_SIZES = (44, 38, 32, 26, 21)
WHO_SIZES = (26, 24, 22, 20)  # no smaller than the lines of norm and term beside it
LINE_WIDTH = 560  # inside the border, whose inner edges stand 608 apart
ADDRESS_WIDTH, ADDRESS_SIZES = 700, (19, 17, 15, 13, 11, 9)  # light letters: a fifth narrower than is guessed
NAME_WIDTH, NAME_SIZES, NAME_LINES = 540, (28, 24, 20, 17), 2
PICTURE = "picture.typ"
REMEMBERED = 32

Draw = Callable[..., str]
"""Draws the badge from `face` and, as `Fitted`, `claim`, `skill`, `who`, `address` and `name`, which may be None."""


class _Name(NamedTuple):
    size: float
    lines: tuple[str, ...]


def carry(kind: str, face: Face, signed_document: str, *, draw: Draw) -> bytes:
    """The carrier of this media type."""
    if kind == PDF:
        return certificate(face, signed_document)
    if kind == SVG:
        drawn = draw(face=face, name=_name(face.name), **_lines(face))
        return svg_carrier.bake(drawn, signed_document).encode()
    name = _name(typesetting.printable(face.name) if face.name else None)
    drawn = draw(face=face, name=None, **_lines(face))
    pixels = _pixels(drawn, _Name(name.size, name.lines) if name else _Name(0, ()))
    return png_carrier.bake(pixels, signed_document)


def _lines(face: Face) -> dict[str, Fitted]:
    """What differs in length with skill, language and site, each as large as it fits on one line."""
    return {
        "claim": _line(face.claim, CLAIM_SIZES),
        "skill": _line(face.skill, SKILL_SIZES),
        "who": _line(face.who, WHO_SIZES),
        "address": _line(f"{face.site} · {face.code}", ADDRESS_SIZES, width=ADDRESS_WIDTH),
    }


def _line(text: str, sizes: tuple[int, ...], *, width: int = LINE_WIDTH) -> Fitted:
    return fitted(text, width=width, sizes=sizes, most_lines=1)


def _name(name: str | None) -> Fitted | None:
    return fitted(name, width=NAME_WIDTH, sizes=NAME_SIZES, most_lines=NAME_LINES) if name else None


@lru_cache(maxsize=REMEMBERED)
def _pixels(drawn: str, name: _Name) -> bytes:
    return typesetting.to_png(PICTURE, {"svg": drawn, "name": name._asdict()})
