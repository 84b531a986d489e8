"""Geometry of plots: numbers in, finished positions and paths out. The macros of `plots.html` draw them as SVG.

Nothing here knows what is plotted. Every plot survives no values, one value, equal values, huge and negative ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_ON_PHONES = 5  # words of an axis that fit beside each other there
SAME = 1e-9  # values that differ by less, as a share of their size, are one value to a plot


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark of an axis: where it stands, what it says, and whether a narrow page can do without its words."""

    at: float
    text: str
    is_minor: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from values to positions of the view box.

    `start` is the position of `low`, `end` that of `high`; for an upright axis `start` is the larger.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The position of a value, kept inside the axis."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + min(max(share, 0.0), 1.0) * (self.end - self.start), 1)

    def ticks(self, about: int = 5) -> tuple[Tick, ...]:
        """Round values inside the axis, about as many as asked for. Nought always keeps its words."""
        step = _round_step((self.high - self.low) / max(about, 1))
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        kept = 0 if first <= 0 <= last else first
        is_crowded = last - first >= MOST_ON_PHONES
        return tuple(
            Tick(self.at(number * step), figure(number * step), is_crowded and (number - kept) % 2 == 1)
            for number in range(first, last + 1)
        )


def axis(values: Iterable[float], start: float, end: float, *, around: Iterable[float] = ()) -> Axis:
    """An axis that holds all finite `values`, and `around` if given: 0, say, so that bars begin at nothing."""
    finite = [value for value in (*values, *around) if isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    largest = max(abs(low), abs(high))
    if high - low <= SAME * largest or largest < SAME:
        room = largest / 2 if largest > SAME else 0.5
        low, high = low - room, high + room
    step = _round_step((high - low) / 5)
    return Axis(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, start, end)


def _round_step(rough: float) -> float:
    size = 10.0 ** floor(log10(rough))
    return size * next(step for step in STEPS if rough <= step * size * (1 + 1e-9))


def figure(value: float) -> str:
    """A number in as few characters as an axis needs: 1.5, −3, 12 k, 1.2 M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scaled, unit = value / (1e3 if letter == "k" else size), f"\N{NARROW NO-BREAK SPACE}{letter}"
            break
    else:
        scaled, unit = value, ""
    return f"{scaled:.4g}{unit}".replace("-", "−")


def alike(values: Iterable[float]) -> Callable[[float], str]:
    """How to write figures of one table: with as many decimals as give the largest of them three digits."""
    largest = max((abs(value) for value in values), default=0.0)
    decimals = min(6, max(0, 2 - floor(log10(largest)))) if largest > 0 else 0

    def written(value: float) -> str:
        return figure(value) if decimals == 0 else f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")

    return written


def line(points: Sequence[Point], across: Axis, up: Axis) -> str:
    """The path of a line through the points; empty without any."""
    return " ".join(f"{'L' if n else 'M'} {across.at(x):g} {up.at(y):g}" for n, (x, y) in enumerate(points))


def area(points: Sequence[Point], across: Axis, up: Axis) -> str:
    """The path of what lies between the line and the foot of the axis."""
    if not points:
        return ""
    foot, first, last = up.at(up.low), across.at(points[0][0]), across.at(points[-1][0])
    return f"M {first:g} {foot:g} {line(points, across, up).replace('M', 'L', 1)} L {last:g} {foot:g} Z"


def part_above(points: Sequence[Point], limit: float) -> tuple[Point, ...]:
    """The points at or above `limit`, with the point of the line at the limit itself put first."""
    above = [point for point in points if point[0] >= limit]
    below = [point for point in points if point[0] < limit]
    if not above or not below:
        return tuple(above)
    (x0, y0), (x1, y1) = below[-1], above[0]
    height = y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
    return ((limit, height), *above)
