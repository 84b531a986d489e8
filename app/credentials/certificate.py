"""The printed certificate: one A4 page with every signed fact, and the signed document attached, byte for byte."""

from __future__ import annotations

import io
from dataclasses import asdict
from functools import lru_cache

import segno

from app.credentials import typesetting
from app.credentials.face import Face

TEMPLATE = "certificate.typ"
BREAKABLE_FROM = 24  # a longer word gets places where its line may break
BREAK = "\N{ZERO WIDTH SPACE}"
NAME_SIZES = ((40, 20), (90, 14), (400, 9))  # up to so many characters wide: points
REMEMBERED = 32


@lru_cache(maxsize=REMEMBERED)
def certificate(face: Face, signed_document: str) -> bytes:
    """The PDF. The same words and the same document give the same bytes."""
    name = typesetting.printable(face.name) if face.name else None
    data = {
        **asdict(face),
        "issued_at": None,
        "name": breakable(name) if name else None,
        "name_size": _size(name or ""),
        "name_says": face.name_says if name == face.name else f"{face.name_says} {face.name_cut}",
        "issuer": face.site,
        "credential": signed_document,
        "qr": _qr(face.address),
    }
    return typesetting.to_pdf(TEMPLATE, data, timestamp=int(face.issued_at.timestamp()))


def breakable(text: str) -> str:
    """The text with places to break inside words that would not fit their line."""
    return " ".join(BREAK.join(word) if len(word) > BREAKABLE_FROM else word for word in text.split(" "))


def _size(name: str) -> int:
    return next(size for longest, size in NAME_SIZES if len(name) <= longest)


def _qr(address: str) -> str:
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, border=2, dark="#14282b")
    return drawn.getvalue().decode()
