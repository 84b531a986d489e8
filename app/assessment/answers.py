"""What a response to an item may look like. Pure; a value that passes is one the scoring can read."""

from __future__ import annotations

from typing import Any

from app.assessment.adaptation import DID_NOT_ARISE
from app.assessment.errors import ResponseInvalid
from app.assessment.founding_form import SCENARIO
from app.item_bank.queries import ItemView


def checked(item: ItemView, value: Any) -> Any:
    """The value as it is stored.

    A statement takes its category, from 0, or `did-not-arise` where the item offers that; a scenario takes a list
    of one rating per option, from 1, with None where an option is not rated yet. None is no answer yet.
    """
    if value is None:
        return None
    return _ratings(item, value) if item.kind == SCENARIO else _category(item, value)


def is_whole(value: Any) -> bool:
    """Whether the value answers its item completely: every option of a scenario is rated."""
    return value is not None and not (isinstance(value, list) and None in value)


def _category(item: ItemView, value: Any) -> Any:
    if value == DID_NOT_ARISE and item.content.get("did_not_arise"):
        return value
    if not _is_integer(value) or not 0 <= value < item.categories:
        raise ResponseInvalid(f"This question has the answers 0 to {item.categories - 1}, not {str(value)[:40]!r}.")
    return value


def _ratings(item: ItemView, value: Any) -> Any:
    options, highest = len(item.content["options"]), len(item.content["scale"])
    if not isinstance(value, list) or len(value) != options:
        raise ResponseInvalid(f"This question takes {options} ratings, one for each action.")
    if any(rating is not None and not (_is_integer(rating) and 1 <= rating <= highest) for rating in value):
        raise ResponseInvalid(f"A rating is a whole number from 1 to {highest}.")
    return None if all(rating is None for rating in value) else value


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
