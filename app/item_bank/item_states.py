"""The life of an item: its states, the steps between them, and what each means for a sitting. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ItemState(StrEnum):
    """Where an item stands in one language. Only `ACTIVE` and `WATCHED` ones are scored."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PILOT = "pilot"  # presented in slots that are not scored
    ACTIVE = "active"
    WATCHED = "watched"  # scored as before; somebody keeps an eye on it
    SUSPENDED = "suspended"  # a fault is suspected: presented to nobody, and not scored where it was answered
    RETIRED = "retired"  # not chosen any more; where it was answered it counts
    PUBLISHED = "published"  # retired and shown to everybody


AT_RELEASE = ItemState.ACTIVE  # of an item with no step on record: what a release meant before there were states
SCORED = frozenset({ItemState.ACTIVE, ItemState.WATCHED})

STEPS: Mapping[ItemState, tuple[ItemState, ...]] = {
    ItemState.DRAFT: (ItemState.REVIEWED, ItemState.RETIRED),
    ItemState.REVIEWED: (ItemState.PILOT, ItemState.DRAFT, ItemState.RETIRED),
    ItemState.PILOT: (ItemState.ACTIVE, ItemState.SUSPENDED, ItemState.RETIRED),
    ItemState.ACTIVE: (ItemState.WATCHED, ItemState.SUSPENDED, ItemState.RETIRED),
    ItemState.WATCHED: (ItemState.ACTIVE, ItemState.SUSPENDED, ItemState.RETIRED),
    ItemState.SUSPENDED: (ItemState.RETIRED,),
    ItemState.RETIRED: (ItemState.PUBLISHED,),
    ItemState.PUBLISHED: (),
}


def next_states(state: ItemState, former: ItemState | None) -> tuple[ItemState, ...]:
    """The states that may follow. A suspension is lifted back to where it came from, never further."""
    if state is not ItemState.SUSPENDED or former is None:
        return STEPS[state]
    return (former, *STEPS[state])


@dataclass(frozen=True, slots=True)
class StateLedger:
    """Every step of the items of one release in one language, in the order of the ledger's numbers.

    A number names a moment for good: the ledger only grows, and what it said up to a number never changes. A sitting
    that keeps the number can be recomputed whatever happened to its items since.
    """

    steps: Mapping[str, tuple[tuple[int, ItemState], ...]]  # by item code, rising
    latest: int  # 0 where no step is on record

    def state_of(self, code: str, *, at: int) -> ItemState:
        """The state of an item once the ledger held the step numbered `at`."""
        taken = self.steps.get(code, ())
        before = bisect_right(taken, at, key=lambda step: step[0])
        return taken[before - 1][1] if before else AT_RELEASE

    def is_scored(self, code: str, *, at: int) -> bool:
        """Whether the item may be chosen to be scored."""
        return self.state_of(code, at=at) in SCORED
