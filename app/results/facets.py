"""Which facets may be called a strength or a next step: only those whose bands do not touch. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class Band(Protocol):
    """A facet with the ends of its band."""

    @property
    def facet(self) -> str:
        """The facet's slug."""
        ...

    @property
    def low(self) -> float:
        """The low end of its band."""
        ...

    @property
    def high(self) -> float:
        """The high end of its band."""
        ...


@dataclass(frozen=True, slots=True)
class Profile:
    """Facets that stand apart from others of the same person; both empty where nothing can be told apart."""

    strengths: tuple[str, ...]
    next_steps: tuple[str, ...]

    @property
    def tells_apart(self) -> bool:
        """Whether any two facets differ by more than their errors."""
        return bool(self.strengths or self.next_steps)


def profile(bands: Iterable[Band]) -> Profile:
    """A strength's whole band lies above another facet's; a next step's lies below; in between is neither.

    Two 90 % bands that do not touch are a stricter test than one of the difference: of two equal facets with equal
    errors, about 2 in 100 pairs would be told apart.
    """
    known = tuple(bands)
    above = {one.facet for one in known for other in known if one.low > other.high}
    below = {one.facet for one in known for other in known if one.high < other.low}
    return Profile(
        strengths=tuple(band.facet for band in known if band.facet in above - below),
        next_steps=tuple(band.facet for band in known if band.facet in below - above),
    )
