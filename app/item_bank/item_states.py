"""The life of an item: its states, the steps between them, and what each means for a sitting. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


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


@dataclass(frozen=True)
class States:
    """The states of a release's items in one language at one moment. Whatever is not named is as at its release."""

    named: Mapping[str, ItemState]

    def of(self, code: str) -> ItemState:
        """The state of an item."""
        return self.named.get(code, AT_RELEASE)

    @cached_property
    def not_scored(self) -> frozenset[str]:
        """Codes of items that may not be chosen to be scored."""
        return frozenset(code for code, state in self.named.items() if state not in SCORED)

    @cached_property
    def pilots(self) -> frozenset[str]:
        """Codes of items that are tried out."""
        return frozenset(code for code, state in self.named.items() if state is ItemState.PILOT)


@dataclass(frozen=True)
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

    def states_at(self, step: int) -> States:
        """The states of all items once the ledger held that step."""
        return self._latest_states if step == self.latest else self._states_at(step)

    @cached_property
    def _latest_states(self) -> States:
        return self._states_at(self.latest)

    def _states_at(self, step: int) -> States:
        return States({code: self.state_of(code, at=step) for code in self.steps})
