"""The form of a founding sitting: fixed in length, balanced over kinds and facets, rotated over the whole bank.

While a skill has no cut there is no decision to adapt to, and adaptive use of invented parameters calibrates nothing.
A form is drawn when its sitting starts: the items that were drawn least often so far, equal shares of every facet. It
is a function of the counts and of its own number, so it can be drawn again and compared with what is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from app.assessment.policy import SittingPolicy
from app.assessment.rules import Content
from app.item_bank.queries import ItemView

STATEMENT: Final = "statement"
SCENARIO: Final = "scenario"


def is_whole(content: Content, policy: SittingPolicy) -> bool:
    """Whether the form has all its units."""
    return content.statements >= policy.founding_statements and content.scenarios >= policy.founding_scenarios


def next_of_founding_form(unseen: Sequence[ItemView], content: Content, policy: SittingPolicy) -> tuple[ItemView, ...]:
    """Items of the facet and kind heard least so far, one of which comes next; empty when nothing may."""
    wanted = {STATEMENT: policy.founding_statements, SCENARIO: policy.founding_scenarios}
    had = {STATEMENT: content.statements, SCENARIO: content.scenarios}
    wanting = sorted((kind for kind in wanted if had[kind] < wanted[kind]), key=lambda kind: had[kind] / wanted[kind])
    for kind in wanting:
        of_kind = [item for item in unseen if item.kind == kind]
        if of_kind:
            fewest = min(content.facets[item.facet] for item in of_kind)
            return tuple(item for item in of_kind if content.facets[item.facet] == fewest)
    return ()


def draw_form(
    items: Sequence[ItemView], drawn: Mapping[str, int], number: int, policy: SittingPolicy
) -> tuple[str, ...]:
    """Codes of form `number`, in the order in which they are shown; shorter where the bank is.

    Parameters
    ----------
    items
        What may be shown to this person.
    drawn
        How often each code stands in the forms that count so far; absent means never.
    number
        Breaks ties among equally needy items, so that the same items do not always meet.
    """
    tie = np.random.default_rng(number)
    order = sorted(items, key=lambda item: item.code)
    ties = dict(zip((item.code for item in order), tie.permutation(len(order)).tolist(), strict=True))
    wanted = {STATEMENT: policy.founding_statements, SCENARIO: policy.founding_scenarios}
    placed = []
    for kind, count in wanted.items():
        of_kind = [item for item in order if item.kind == kind]
        neediest = sorted(of_kind, key=lambda item: (drawn.get(item.code, 0), ties[item.code]))
        chosen = _in_equal_shares(neediest, count)
        placed += [((place + 0.5) / len(chosen), code) for place, code in enumerate(chosen)]  # both kinds alternate
    return tuple(code for _, code in sorted(placed))


def _in_equal_shares(neediest: Sequence[ItemView], count: int) -> list[str]:
    """`count` of the items: each time the neediest of a facet that has fewest, the neediest facet first."""
    left, had = list(neediest), Counter[str]()
    chosen: list[str] = []
    while left and len(chosen) < count:
        fewest = min(had[item.facet] for item in left)
        item = next(item for item in left if had[item.facet] == fewest)
        left.remove(item)
        had[item.facet] += 1
        chosen.append(item.code)
    return chosen
