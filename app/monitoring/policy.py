"""From when an item counts as old: policy data, with the shipped values of the founders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class MonitoringPolicy:
    """Judgements, not measurements: a leak that is slow enough is seen by no statistic, so age itself is a reason."""

    policy_name: ClassVar[str] = "monitoring"
    tighter: ClassVar[Mapping[str, str]] = {"oldest_item_months": "lower", "most_item_uses": "lower"}
    oldest_item_months: int = 24  # since it was first shown; as long as responses are kept
    most_item_uses: int = 20_000  # sittings that showed it, in one language
