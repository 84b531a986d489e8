"""Items to try the screen with before there is an account: of no skill, without a key, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from app.assessment.founding_form import SCENARIO
from app.foundation.errors import NotFound
from app.item_bank.queries import ItemView

PRACTICE_FILE = Path(__file__).with_name("practice.yaml")


class NoSuchPracticeItem(NotFound):
    """There are only a few."""

    code = "practice-item-not-found"

    def __init__(self, position: int, count: int) -> None:
        super().__init__(f"There is no practice question {position}. They are numbered 1 to {count}.")


@dataclass(frozen=True, slots=True)
class PracticePage:
    """What the templates of a real item read, for one that does not count; `value` is what was just chosen."""

    item: ItemView
    position: int
    count: int
    value: Any = None

    @property
    def is_first_scenario(self) -> bool:
        """Whether the format is explained: there is one scenario."""
        return self.item.kind == SCENARIO


def practice_page(position: int, language: str, value: Any = None) -> PracticePage:
    """The practice item at a position, from 1.

    Raises
    ------
    NoSuchPracticeItem
    """
    items = _items(language)
    if not 1 <= position <= len(items):
        raise NoSuchPracticeItem(position, len(items))
    return PracticePage(items[position - 1], position, len(items), value)


@cache
def _items(language: str) -> tuple[ItemView, ...]:
    written = yaml.safe_load(PRACTICE_FILE.read_text(encoding="utf-8"))[language]
    return tuple(_item(number, content) for number, content in enumerate(written, start=1))


def _item(number: int, content: Mapping[str, Any]) -> ItemView:
    """Shown and checked like an item of a bank; its id names nothing that is stored."""
    categories = len(content.get("categories", content.get("scale", ())))
    return ItemView(UUID(int=number), f"practice-{number}", content["kind"], "practice", content, 1, categories)
