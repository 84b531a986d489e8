"""Which items may come next: both kinds of evidence, every facet, a limited reading load. Pure, and without scores.

A rule that would leave no item is relaxed, in this order: judgement first, then facets, then kinds. Neither the
ceiling on scenarios nor "never the same item twice" is ever relaxed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from app.assessment.policy import SittingPolicy
from app.assessment.rules import Content, fewest_of_facet

STATEMENT: Final = "statement"
SCENARIO: Final = "scenario"


class Choosable(Protocol):
    """What balance needs to know of an item."""

    @property
    def code(self) -> str:
        """Stable code inside the release."""
        ...

    @property
    def kind(self) -> str:
        """`statement` or `scenario`."""
        ...

    @property
    def facet(self) -> str:
        """The facet it speaks of."""
        ...


Item = TypeVar("Item", bound=Choosable)


def with_one_more(content: Content, item: Choosable) -> Content:
    """The content after a scored response to `item`."""
    return Content(
        statements=content.statements + (item.kind == STATEMENT),
        scenarios=content.scenarios + (item.kind == SCENARIO),
        facets={**content.facets, item.facet: content.facets[item.facet] + 1},
    )


def may_come_next(
    unseen: Sequence[Item], content: Content, *, wants_judgement: bool, policy: SittingPolicy
) -> tuple[Item, ...]:
    """The unseen items that keep the sitting's promises; empty only where nothing at all may be shown."""
    allowed = tuple(item for item in unseen if item.kind != SCENARIO or content.scenarios < policy.most_scenarios)
    allowed = _narrowed(allowed, lambda item: _keeps_kinds(with_one_more(content, item), policy))
    allowed = _narrowed(allowed, lambda item: _keeps_facets(with_one_more(content, item), policy))
    return _narrowed(allowed, lambda item: not wants_judgement or item.kind == SCENARIO)


def next_of_founding_form(unseen: Sequence[Item], content: Content, policy: SittingPolicy) -> tuple[Item, ...]:
    """The items of a fixed, balanced form that may come next; empty when the form is whole or the bank is used up."""
    wanted = {STATEMENT: policy.founding_statements, SCENARIO: policy.founding_scenarios}
    had = {STATEMENT: content.statements, SCENARIO: content.scenarios}
    open_kinds = sorted(
        (kind for kind in wanted if had[kind] < wanted[kind]), key=lambda kind: had[kind] / wanted[kind]
    )
    for kind in open_kinds:
        of_kind = tuple(item for item in unseen if item.kind == kind)
        if of_kind:
            return _least_heard(of_kind, content.facets)
    return ()


def _narrowed(items: tuple[Item, ...], keeps: Callable[[Item], bool]) -> tuple[Item, ...]:
    return tuple(item for item in items if keeps(item)) or items


def _keeps_kinds(after: Content, policy: SittingPolicy) -> bool:
    """Whether the fewest of each kind can still be reached within the shortest sitting."""
    missing = max(0, policy.fewest_scenarios - after.scenarios) + max(0, policy.fewest_statements - after.statements)
    return missing <= max(policy.fewest_units - after.units, 0)


def _keeps_facets(after: Content, policy: SittingPolicy) -> bool:
    """Whether every facet can still have its share at each length at which the sitting might stop."""
    first = max(after.units, policy.fewest_units)
    return all(
        sum(max(0, fewest_of_facet(length, policy) - count) for count in after.facets.values())
        <= length - after.units
        for length in range(first, first + _lookahead(policy))
    )


def _lookahead(policy: SittingPolicy) -> int:
    """Lengths after which the share asks for one more unit of each facet."""
    return int(1 / policy.fewest_facet_share) + 1 if policy.fewest_facet_share > 0 else 1


def _least_heard(items: tuple[Item, ...], facets: Mapping[str, int]) -> tuple[Item, ...]:
    fewest = min(facets[item.facet] for item in items)
    return tuple(item for item in items if facets[item.facet] == fewest)
