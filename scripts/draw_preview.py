"""Draw app/static/preview.png, what other sites show beside a link to a certificate: the same for every certificate.

    python scripts/draw_preview.py

It claims nothing: sites keep such pictures for months, and what holds stands on the page alone.
"""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path

import typst

STATIC = Path(__file__).parents[1] / "app" / "static"
PREVIEW = """
#set page(width: 600pt, height: 315pt, margin: (x: 42pt, y: 36pt), fill: rgb("#0b5c5a"))
#set text(font: "Noto Sans", fill: white)
#place(bottom + left, dx: -42pt, dy: 36pt, rect(width: 600pt, height: 12pt, fill: rgb("#ffc94d")))
#grid(columns: (64pt, 1fr), column-gutter: 18pt, align: horizon,
  image("mark.svg", width: 64pt), text(size: 34pt, weight: 700)[Decile])
#v(14pt)
#text(size: 36pt, weight: 700)[Certificate · Certificat]
#v(4pt)
#text(size: 17pt)[Open the page to see whether it still holds.]
#v(-4pt)
#text(size: 17pt)[Ouvrez la page pour voir s’il vaut encore.]
"""


def main() -> None:
    """Draw it anew."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "mark.svg").write_bytes((STATIC / "mark.svg").read_bytes())
        (place / "preview.typ").write_text(PREVIEW, encoding="utf-8")
        drawn = typst.compile(
            str(place / "preview.typ"), format="png", ppi=144, font_paths=[str(files("manimgx_fonts"))],
            ignore_system_fonts=True,
        )  # fmt: skip
    (STATIC / "preview.png").write_bytes(drawn)


if __name__ == "__main__":
    main()
