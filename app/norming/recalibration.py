"""What a recalibration goes through, and the data it is made from: pure, and plain JSON on the way to the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

Division = tuple[str, str]  # the name of a division of the sample, and one of its labels


class Phase(StrEnum):
    """In the order in which they come."""

    SAMPLE = "sample"  # choose whose responses
    CALIBRATION = "calibration"  # estimate item parameters from them
    LINK = "link"  # to the base scale
    DRIFT = "drift"  # item by item, against the parameters in use
    DRAFT = "draft"  # the latent distribution, and the cut
    PREVIEW = "preview"  # who would differ

    @property
    def following(self) -> Phase | None:
        """The phase after this one; None after the last."""
        phases = list(Phase)
        place = phases.index(self) + 1
        return phases[place] if place < len(phases) else None


class Progress(StrEnum):
    """How a recalibration stands."""

    WAITING = "waiting"  # for the worker
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class Source(StrEnum):
    """Where the responses come from."""

    SAMPLE = "sample"  # one that is stored already: imported, or drawn before
    SITTINGS = "sittings"  # first sittings of consenting adults, in a window


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose responses a norm is to be made from.

    `only` and `without` name labels of divisions of the sample that may divide a norm group (`dividing`): several
    labels of one division in `only` are alternatives. `since_on` and `until_on` bound sittings, both days included.
    """

    source: Source
    sample_id: UUID | None = None
    language: str | None = None
    since_on: date | None = None
    until_on: date | None = None
    only: tuple[Division, ...] = ()
    without: tuple[Division, ...] = ()

    @property
    def is_whole_sample(self) -> bool:
        """Whether a stored sample is taken as it is."""
        return self.source is Source.SAMPLE and not self.only and not self.without

    def as_json(self) -> dict[str, Any]:
        """As kept with the recalibration."""
        return {
            "source": str(self.source),
            "sample_id": str(self.sample_id) if self.sample_id else None,
            "language": self.language,
            "since_on": self.since_on.isoformat() if self.since_on else None,
            "until_on": self.until_on.isoformat() if self.until_on else None,
            "only": [list(one) for one in self.only],
            "without": [list(one) for one in self.without],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The same again."""
        return cls(
            source=Source(kept["source"]),
            sample_id=UUID(kept["sample_id"]) if kept["sample_id"] else None,
            language=kept["language"],
            since_on=date.fromisoformat(kept["since_on"]) if kept["since_on"] else None,
            until_on=date.fromisoformat(kept["until_on"]) if kept["until_on"] else None,
            only=tuple((name, label) for name, label in kept["only"]),
            without=tuple((name, label) for name, label in kept["without"]),
        )
