"""The plots of this house as values: what each shows, where everything stands, and the figures for its table.

A view makes one from numbers, a macro of `plots.html` draws it. Colours, patterns and words are the macro's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from app.foundation.plots import Axis, Point, Tick, alike, area, axis, figure, line, part_above

LEFT, RIGHT = 52, 620
TOP = 18


@dataclass(frozen=True, slots=True)
class Distribution:
    """A density with the part above the line set apart."""

    points: tuple[Point, ...]
    cut: float
    across: Axis
    whole: str
    above: str
    foot: float
    ticks: tuple[Tick, ...]


def distribution(points: Sequence[Point], cut: float, *, height: float = 200) -> Distribution:
    """`points` are (place on the scale, density), from left to right."""
    kept = tuple(point for point in points if isfinite(point[0]) and isfinite(point[1]))
    across = axis([x for x, _ in kept], 20, RIGHT, around=() if kept else (cut - 1, cut + 1))
    up = Axis(0.0, max((y for _, y in kept), default=1.0) or 1.0, height, TOP + 26)
    return Distribution(
        points=kept,
        cut=across.at(cut),
        across=across,
        whole=area(kept, across, up),
        above=area(part_above(kept, cut), across, up),
        foot=height,
        ticks=across.ticks(7),
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart with its band."""

    name: str
    y: float
    low: float
    high: float
    at: float
    figures: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Bars:
    """Estimates with their bands, one below the other, on one scale."""

    rows: tuple[Bar, ...]
    across: Axis
    height: float
    ticks: tuple[Tick, ...]
    middle: float | None


def bars(
    rows: Sequence[tuple[str, float, float, float]],
    *,
    middle: float | None = None,
    scale: tuple[float, float] | None = None,
) -> Bars:
    """`rows` are (name, low end of the band, estimate, high end). `middle` is a place to mark on the scale."""
    values = [value for _, *numbers in rows for value in numbers]
    across = (
        Axis(*scale, LEFT, RIGHT) if scale else axis(values, LEFT, RIGHT, around=() if middle is None else (middle,))
    )
    shown = alike(values)
    drawn = tuple(
        Bar(
            name,
            TOP + 22 + 58 * number,
            across.at(low),
            across.at(high),
            across.at(at),
            (shown(low), shown(at), shown(high)),
        )
        for number, (name, low, at, high) in enumerate(rows)
    )
    return Bars(
        drawn, across, TOP + 58 * max(len(drawn), 1), across.ticks(), None if middle is None else across.at(middle)
    )


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: its name, its path, where its name is written, and its values for the table."""

    name: str
    path: str
    end: Point
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over one scale; told apart by dashes as well as by colour."""

    series: tuple[Series, ...]
    across: Axis
    up: Axis
    ticks_across: tuple[Tick, ...]
    ticks_up: tuple[Tick, ...]
    mark: float | None


def curves(series: Sequence[tuple[str, Sequence[Point]]], *, mark: float | None = None, height: float = 220) -> Curves:
    """`series` are (name, points from left to right). `mark` is a place on the horizontal scale, a cut for instance."""
    every = [point for _, points in series for point in points]
    across = axis([x for x, _ in every], LEFT, RIGHT, around=() if mark is None else (mark,))
    up = axis([y for _, y in every], height, TOP, around=(0.0,))
    drawn = tuple(
        Series(name, line(points, across, up), _end(points, across, up), tuple(points)) for name, points in series
    )
    return Curves(drawn, across, up, across.ticks(7), up.ticks(4), None if mark is None else across.at(mark))


def _end(points: Sequence[Point], across: Axis, up: Axis) -> Point:
    if not points:
        return (across.start, up.start)
    x, y = points[-1]
    return (across.at(x), up.at(y))


@dataclass(frozen=True, slots=True)
class Watched:
    """One period of a control chart."""

    name: str
    x: float
    y: float
    low: float
    high: float
    is_outside: bool
    figures: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A figure period by period between limits that follow from its expected value and the numbers behind it."""

    periods: tuple[Watched, ...]
    line: str
    limits: str
    centre: float
    up: Axis
    ticks: tuple[Tick, ...]


def control_chart(
    periods: Sequence[tuple[str, float, float, float]], centre: float, *, height: float = 200
) -> ControlChart:
    """`periods` are (name, value, lower limit, upper limit), in order of time; `centre` is what is expected."""
    up = axis([value for _, *numbers in periods for value in numbers], height, TOP, around=(centre,))
    step = (RIGHT - LEFT) / max(len(periods), 1)
    drawn = tuple(
        Watched(
            name,
            round(LEFT + step * (number + 0.5), 1),
            up.at(value),
            up.at(low),
            up.at(high),
            not low <= value <= high,
            (figure(value), figure(low), figure(high)),
        )
        for number, (name, value, low, high) in enumerate(periods)
    )
    path = " ".join(f"{'L' if n else 'M'} {period.x:g} {period.y:g}" for n, period in enumerate(drawn))
    corners = [(p.x, p.high) for p in drawn] + [(p.x, p.low) for p in reversed(drawn)]
    band = " ".join(f"{'L' if n else 'M'} {x:g} {y:g}" for n, (x, y) in enumerate(corners))
    return ControlChart(drawn, path, f"{band} Z" if band else "", up.at(centre), up, up.ticks(5))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a funnel."""

    name: str
    count: int
    y: float
    width: float
    share: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many come through each stage."""

    stages: tuple[Stage, ...]
    height: float


def funnel(stages: Sequence[tuple[str, int]]) -> Funnel:
    """`stages` are (name, how many), first to last; shares are of the first."""
    first = max((count for _, count in stages), default=0)
    drawn = tuple(
        Stage(
            name,
            count,
            TOP + 22 + 54 * number,
            round((RIGHT - 20) * count / first, 1) if first else 0.0,
            f"{100 * count / first:.0f}" if first else "0",
        )
        for number, (name, count) in enumerate(stages)
    )
    return Funnel(drawn, TOP + 54 * max(len(drawn), 1))
