"""A printed certificate read back as its reader sees it: the words set on the page, and the square to be scanned."""

from __future__ import annotations

import io
import re

import pikepdf

BORDER = 2  # modules of quiet around the square, as it is drawn
_PAIRS = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_SECTION = re.compile(r"beginbfchar(.*?)endbfchar", re.DOTALL)


def text_of(pdf: bytes) -> str:
    """Every word of its pages in the order in which they are set, without any space: lines break where they must."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return "".join(_text_on(page) for page in document.pages)


def _text_on(page: pikepdf.Page) -> str:
    letters = {str(name): _letters(font) for name, font in page.Resources.Font.items()}
    font, said = "", []
    for instruction in pikepdf.parse_content_stream(page, "Tf TJ Tj"):
        if str(instruction.operator) == "Tf":
            font = str(instruction.operands[0])
            continue
        (shown,) = instruction.operands
        runs = shown if isinstance(shown, pikepdf.Array) else [shown]
        said += [_said(bytes(run), letters[font]) for run in runs if isinstance(run, pikepdf.String)]
    return re.sub(r"[\s\N{ZERO WIDTH SPACE}]", "", "".join(said))


def _letters(font: pikepdf.Object) -> dict[int, str]:
    """What each glyph of the font stands for."""
    table = font.ToUnicode.read_bytes().decode("ascii")
    assert "beginbfrange" not in table, "glyphs are mapped one by one here"
    pairs = [pair for section in _SECTION.findall(table) for pair in _PAIRS.findall(section)]
    return {int(glyph, 16): bytes.fromhex(letters).decode("utf-16-be") for glyph, letters in pairs}


def _said(run: bytes, letters: dict[int, str]) -> str:
    glyphs = [int.from_bytes(run[at : at + 2]) for at in range(0, len(run), 2)]
    return "".join(letters[glyph] for glyph in glyphs)


def square_of(pdf: bytes) -> list[list[int]]:
    """The dark (1) and light modules of the square, row by row: each dark run is drawn as one stroke along its row."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        (page,) = document.pages
        strokes, start = [], (0.0, 0.0)
        for instruction in pikepdf.parse_content_stream(page, "m l"):
            to = tuple(float(number) for number in instruction.operands)
            if str(instruction.operator) == "l" and to[1] == start[1] and to[1] % 1 == 0.5:
                strokes.append((int(start[1]), int(start[0]), int(to[0])))
            start = to
    side = max(end for _row, _start, end in strokes) - BORDER
    dark = {(row - BORDER, at - BORDER) for row, begin, end in strokes for at in range(begin, end)}
    return [[int((row, at) in dark) for at in range(side)] for row in range(side)]
