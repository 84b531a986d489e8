"""The form of a founding sitting: fixed in length, balanced over kinds and facets, rotated over the whole bank.

While a skill has no cut there is no decision to adapt to, and adaptive use of invented parameters calibrates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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
