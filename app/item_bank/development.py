"""What helps a person go further in a skill: by facet and by where they stand on its scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

HALF_WIDTH_OF_THE_MIDDLE = 0.5  # standard deviations of the population to either side of 0


class Level(StrEnum):
    """Where somebody stands against the middle of the scale."""

    BELOW = "below"
    AROUND = "around"
    ABOVE = "above"


def level_of(theta: float) -> Level:
    """The level whose advice fits `theta`, in standard deviations of the population: a guide for reading, no grade."""
    if theta < -HALF_WIDTH_OF_THE_MIDDLE:
        return Level.BELOW
    return Level.ABOVE if theta > HALF_WIDTH_OF_THE_MIDDLE else Level.AROUND


@dataclass(frozen=True, slots=True)
class Advice:
    """What a facet looks like at one level, one exercise, and one thing to read or try; each by language."""

    at_work: Mapping[str, str]
    exercise: Mapping[str, str]
    try_this: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FacetDevelopment:
    """The advice on one facet at each level."""

    facet: str
    advice: Mapping[Level, Advice]


def unpack_development(stored: list[Any]) -> tuple[FacetDevelopment, ...]:
    """The advice that is stored with a skill, facet by facet in the order of its definition; none if there is none."""
    return tuple(
        FacetDevelopment(entry["facet"], {level: Advice(**entry[level.value]) for level in Level}) for entry in stored
    )
