"""Curves of the manual as points of an SVG line."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 560, 180  # of the drawing area, in the units of its view box


def polyline(across: Sequence[float], up: Sequence[float], *, highest: float) -> str:
    """Points of a line through (across, up): `across` spread over the width, `up` from 0 to `highest`."""
    low, wide = across[0], across[-1] - across[0]
    points = (
        (WIDTH * (x - low) / wide, HEIGHT * (1 - min(y, highest) / highest)) for x, y in zip(across, up, strict=True)
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
