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
SKILL_WIDTH, SKILL_SIZES = 560, (44, 38, 32, 26, 21)
NAME_WIDTH, NAME_SIZES, NAME_LINES = 540, (28, 24, 20, 17), 2
PICTURE = "picture.typ"
REMEMBERED = 32

Draw = Callable[..., str]
"""Draws the badge from `face`, `skill` and `name` (both `Fitted`; the name may be None)."""


class _Name(NamedTuple):
    size: float
    lines: tuple[str, ...]


def carry(kind: str, face: Face, signed_document: str, *, draw: Draw) -> bytes:
    """The carrier of this media type."""
    if kind == PDF:
        return certificate(face, signed_document)
    skill = fitted(face.skill, width=SKILL_WIDTH, sizes=SKILL_SIZES, most_lines=1)
    if kind == SVG:
        drawn = draw(face=face, skill=skill, name=_name(face.name))
        return svg_carrier.bake(drawn, signed_document).encode()
    name = _name(typesetting.printable(face.name) if face.name else None)
    pixels = _pixels(draw(face=face, skill=skill, name=None), _Name(name.size, name.lines) if name else _Name(0, ()))
    return png_carrier.bake(pixels, signed_document)


def _name(name: str | None) -> Fitted | None:
    return fitted(name, width=NAME_WIDTH, sizes=NAME_SIZES, most_lines=NAME_LINES) if name else None


@lru_cache(maxsize=REMEMBERED)
def _pixels(drawn: str, name: _Name) -> bytes:
    return typesetting.to_png(PICTURE, {"svg": drawn, "name": name._asdict()})
