"""How much chance a calibration spends on what it finds by halving and simulating; less is faster and less exact."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """The shipped effort takes some ten seconds for a bank of ninety items and 5,000 people."""

    half_forms: int = 30  # a hundred move a stray share by less than its standard error, in three times the time
    sittings: int = 6000  # simulated to settle the exposure, and as many again to see what it is
