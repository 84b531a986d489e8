"""Contrast of the design system's colours, measured from the style sheet itself (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STYLE_SHEET = Path(__file__).resolve().parents[1] / "static" / "decile.css"
TEXT, GRAPHIC = 4.5, 3.0  # least ratios for text, and for what must be told apart but is not read
PAIRS = (
    ("ink", "paper", TEXT),
    ("ink", "card", TEXT),
    ("ink", "wash", TEXT),
    ("ink-soft", "paper", TEXT),
    ("ink-soft", "card", TEXT),
    ("ink-soft", "wash", TEXT),
    ("brand", "paper", TEXT),
    ("brand", "card", TEXT),
    ("brand", "wash", TEXT),
    ("brand-ink", "brand", TEXT),
    ("brand-ink", "brand-deep", TEXT),
    ("good", "card", TEXT),
    ("good", "good-wash", TEXT),
    ("warn", "card", TEXT),
    ("warn", "warn-wash", TEXT),
    ("bad", "card", TEXT),
    ("bad", "bad-wash", TEXT),
    ("ink", "good-wash", TEXT),
    ("ink", "warn-wash", TEXT),
    ("ink", "bad-wash", TEXT),
    ("edge", "card", GRAPHIC),
    ("edge", "paper", GRAPHIC),
    ("focus", "paper", GRAPHIC),
    ("focus", "card", GRAPHIC),
    ("accent", "card", GRAPHIC),
    ("accent", "paper", GRAPHIC),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One colour on another, in light and in dark."""

    on_top: str
    ground: str
    least: float
    light: float
    dark: float

    @property
    def is_enough(self) -> bool:
        """Whether both appearances reach what is asked."""
        return min(self.light, self.dark) >= self.least


@cache
def palettes() -> tuple[dict[str, str], dict[str, str]]:
    """Colour tokens in light and in dark, as the style sheet sets them; dark inherits what it does not set."""
    text = STYLE_SHEET.read_text(encoding="utf-8")
    tokens = text[text.index("@layer tokens {") : text.index("@layer elements {")]
    light_part, _, dark_part = tokens.partition("@media (prefers-color-scheme: dark)")
    light = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b", light_part))
    return light, light | dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b", dark_part))


def measured() -> tuple[Measured, ...]:
    """Every pair that occurs on the pages."""
    light, dark = palettes()
    return tuple(
        Measured(top, ground, least, ratio(light[top], light[ground]), ratio(dark[top], dark[ground]))
        for top, ground, least in PAIRS
    )


def ratio(one: str, other: str) -> float:
    """Contrast of two colours `#rrggbb`, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
