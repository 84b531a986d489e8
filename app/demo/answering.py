"""How a simulated person answers the item in front of them, as the pages would send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.demo.population import Instrument
from app.item_bank.queries import ItemView
from scoring.graded_response import category_probabilities
from scoring.situational_judgement import rate_each_category

RATINGS_TRIED = 4000  # random ratings of a scenario: enough to meet each of its categories
LOWEST_RATING, HIGHEST_RATING = 1, 6


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What each item can be answered with, by the category it is scored in, and its place in the instrument."""

    instrument: Instrument
    by_category: Mapping[str, Mapping[int, Any]]
    place: Mapping[str, int]

    def is_scenario(self, code: str) -> bool:
        """Whether the item shows judgement; otherwise it is a statement about oneself."""
        return self.place[code] < len(self.instrument.judgement_codes)

    def of(self, code: str, judgement: float, self_report: float, seed: tuple[int, ...]) -> Any:
        """The answer of a person at these thetas; the same person always answers an item the same way."""
        place, scenarios = self.place[code], len(self.instrument.judgement_codes)
        if self.is_scenario(code):
            items, row, theta = self.instrument.judgement, place, judgement
        else:
            items, row, theta = self.instrument.self_report, place - scenarios, self_report
        probabilities = category_probabilities(items.take([row]), [theta])[0, 0]
        drawn = np.random.default_rng((*seed, place)).choice(probabilities.size, p=probabilities / probabilities.sum())
        return self.by_category[code][int(drawn)]


def answers_to(instrument: Instrument, items: Mapping[str, ItemView], keys: Mapping[str, tuple[int, ...]]) -> Answers:
    """Work out every answer beforehand: a category of a statement, or ratings that score in each category."""
    rng = np.random.default_rng(len(items))
    found = {
        code: _ratings(keys[code], item.categories, rng) if code in keys else _categories(item)
        for code, item in items.items()
    }
    return Answers(instrument, found, {code: place for place, code in enumerate(instrument.codes)})


def _categories(item: ItemView) -> dict[int, int]:
    turned = item.keyed < 0
    return {category: item.categories - 1 - category if turned else category for category in range(item.categories)}


def _ratings(key: tuple[int, ...], categories: int, rng: np.random.Generator) -> dict[int, list[int]]:
    tried = rng.integers(LOWEST_RATING, HIGHEST_RATING + 1, (RATINGS_TRIED, len(key)))
    tried[0] = key
    scored = rate_each_category(tried.astype(float), np.asarray(key, dtype=float))
    return {category: tried[int(np.argmax(scored == category))].tolist() for category in range(categories)}
