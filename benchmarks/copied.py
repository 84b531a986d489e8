"""How often honest sittings look copied, and how often copied ones are found.

    python -m benchmarks.copied                   2,000 honest sittings for each row
    python -m benchmarks.copied --sittings 500    fewer

On the Collaboration bank, sittings follow the exact rules. Each is compared with the 500 before it at the shipped
share of .001. Categories follow the model; which ratings come to a category depends on personal use of the scale
(elevation, spread, and people who know only its ends) and on opinions that many share against the key. How strong that
is, is invented and named: nothing is known yet of how real people rate.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import yaml

from benchmarks.exposure import BANK, CORRELATION, CUT, the_bank
from scoring.ability import estimate_ability
from scoring.composite import Composite
from scoring.copied_sittings import Agreement, Answered, agreement
from scoring.items import ItemParameters
from scoring.simulation import simulate_kinds, simulate_responses
from scoring.sitting_simulation import SittingRules, settled_eligibility, simulate_sittings
from scoring.situational_judgement import rate_each_category

POOL = 500  # sittings that one is compared with
LIMIT = 0.001  # of honest sittings
TRIES = 100  # ratings drawn before the ends of the scale are given up for one scenario
LOWEST, MIDDLE, HIGHEST = 1, 3.5, 6
GROUP, RECALL = 5, 0.8  # people who share answers, and how often one of them uses what is shared
COPIES = (2, 3, 4, 5)
REPEATS = 300


@dataclass(frozen=True)
class Sat:
    """Scenarios of sittings as they are compared."""

    items: ItemParameters
    categories: np.ndarray
    ratings: np.ndarray  # a number for each set of ratings
    theta: np.ndarray
    error: np.ndarray
    manners: np.ndarray  # points of the scale that are used

    def some(self, rows: Any, had: np.ndarray) -> Answered:
        """These people's answers to some of the items."""
        categories, ratings, manners = (
            table[np.ix_(rows, had)] for table in (self.categories, self.ratings, self.manners)
        )
        return Answered.of(categories, ratings, self.theta[rows], self.error[rows], manners=manners, items=had.size)

    def beside(self, row: int, pool: np.ndarray) -> Agreement:
        """One of them beside others, over what that one had."""
        had = np.nonzero(self.categories[row] >= 0)[0]
        return agreement(self.items.take(had), self.some([row], had), self.some(pool, had))


def sat(sittings: int, slope: float, spread: float, seed: int) -> Sat:
    """People who sit, each with a use of the scale of their own."""
    judgement, self_report, facets = the_bank(slope)
    composite, rng = Composite((0.5, 0.5), CORRELATION), np.random.default_rng(seed)
    shared: dict[str, Any] = {
        "facets": facets, "composite": composite, "rules": SittingRules(cut=CUT, cut_se=0.05, early_best=30),
        "rng": rng,
    }  # fmt: skip
    chances = settled_eligibility(simulate_kinds(3000, CORRELATION, rng), judgement, self_report, goal=0.28, **shared)
    theta = simulate_kinds(sittings, CORRELATION, rng)
    answers = simulate_responses(judgement, theta[:, 0], rng)
    would = np.concatenate([answers, simulate_responses(self_report, theta[:, 1], rng)], axis=1)
    found = simulate_sittings(theta, judgement, self_report, responses=would, eligibility=chances, **shared)
    rows, columns = np.nonzero((found.shown >= 0) & (found.shown < len(judgement)))
    seen = np.full(answers.shape, -1)
    seen[rows, found.shown[rows, columns]] = answers[rows, found.shown[rows, columns]]
    standing = estimate_ability(seen, judgement)
    ratings, manners = _rated(seen, spread, rng)
    return Sat(judgement, seen, ratings, standing.theta, standing.standard_error, manners)


def _rated(categories: np.ndarray, spread: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    scenarios = yaml.safe_load((BANK / "scenarios.yaml").read_text(encoding="utf-8"))["scenarios"]
    keys = [np.array([option["key"] for option in one["options"]], dtype=float) for one in scenarios]
    opinions = [rng.standard_normal(key.size) for key in keys]
    people = len(categories)
    elevation, width = rng.normal(0, 0.6 * spread, people), 1.3 * np.exp(rng.normal(0, 0.35 * spread, people))
    ends = rng.random(people) < 0.1 * spread
    found, points = np.full(categories.shape, -1), np.zeros(categories.shape, dtype=int)
    for person, item in zip(*np.nonzero(categories >= 0), strict=True):
        use = (elevation[person], width[person], bool(ends[person]))
        ratings = _ratings(keys[item], int(categories[person, item]), opinions[item], use, rng)
        found[person, item] = ratings @ (HIGHEST ** np.arange(ratings.size))
        points[person, item] = np.unique(ratings).size
    return found, points


def _ratings(
    key: np.ndarray, category: int, opinion: np.ndarray, use: tuple[float, float, bool], rng: np.random.Generator
) -> np.ndarray:
    """Ratings in a category by somebody with a use of the scale; the ends are given up where they cannot reach it."""
    elevation, width, ends = use
    shape = (key - key.mean()) / key.std()
    for only_ends in (ends, *[False] * TRIES):
        towards = rng.uniform(-0.3, 1.0, (TRIES, 1))
        own = 0.6 * opinion + 0.8 * rng.standard_normal((TRIES, key.size))
        latent = towards * shape + np.sqrt(1 - towards**2) * own
        free = np.clip(np.rint(MIDDLE + elevation + width * latent), LOWEST, HIGHEST)
        given = np.where(latent > 0, HIGHEST, LOWEST) if only_ends else free
        fitting = np.nonzero(rate_each_category(given, key) == category)[0]
        if fitting.size:
            return np.asarray(given[fitting[0]], dtype=np.int64)
    return np.asarray(np.rint(key), dtype=np.int64)


def copies(people: Sat, answers: int, rng: np.random.Generator) -> Iterator[float]:
    """Smallest shares of sittings that took over the ratings of so many scenarios from one of the 500 others."""
    for _ in range(REPEATS):
        pool, row = _pool_and_one(people, rng)
        had = people.categories[pool] >= 0
        common = had & (people.categories[row] >= 0)
        sources = np.nonzero(common.sum(axis=1) >= answers)[0]
        if sources.size:  # some have too few scenarios in common with anybody
            place = rng.choice(sources)
            yield _share(people, row, pool, pool[place], rng.permutation(np.nonzero(common[place])[0])[:answers])


def _share(people: Sat, row: int, pool: np.ndarray, source: int, items: np.ndarray) -> float:
    changed = _copy(people)
    for table in _tables(changed):
        table[row, items] = table[source, items]
    return float(changed.beside(row, pool).shares.min())


def _tables(people: Sat) -> tuple[np.ndarray, ...]:
    return people.categories, people.ratings, people.manners


def _copy(people: Sat) -> Sat:
    tables = {name: getattr(people, name).copy() for name in ("categories", "ratings", "manners")}
    return replace(people, **tables)


def groups(people: Sat, rng: np.random.Generator) -> Iterator[int]:
    """How many of a group of five who share one list of answers are called."""
    for _ in range(REPEATS // 3):
        pool, _one = _pool_and_one(people, rng)
        changed = _copy(people)
        members = pool[rng.permutation(pool.size)[:GROUP]]
        listed = {}
        for item in range(len(people.items)):
            had = [one for one in members if people.categories[one, item] >= 0]
            if had:
                listed[item] = had[0]
        for one in members:
            for item, source in listed.items():
                if people.categories[one, item] >= 0 and rng.random() < RECALL:
                    for table, former in zip(_tables(changed), _tables(people), strict=True):
                        table[one, item] = former[source, item]
        called = set()
        for one in members:
            found = changed.beside(one, pool[pool != one])
            if (found.shares <= LIMIT).any():
                called |= {one, *pool[pool != one][found.shares <= LIMIT]} & set(members)
        yield len(called)


def _pool_and_one(people: Sat, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    drawn = rng.permutation(len(people.theta))[: POOL + 1]
    return drawn[1:], int(drawn[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sittings", type=int, default=2_000)
    sittings = parser.parse_args().sittings
    print("| slopes | use of the scale | answers are | honest called | honest pairs at .001 | ", end="")
    print(" | ".join(f"{count} copied" for count in COPIES), "| of five, called |")
    print("|" + "---|" * (6 + len(COPIES)))
    for slope, spread in ((1.0, 1.0), (1.0, 2.0), (1.7, 1.0)):
        with_ratings = sat(sittings + POOL, slope, spread, 3)
        as_categories = replace(with_ratings, ratings=with_ratings.categories)
        for name, people in (("ratings", with_ratings), ("categories", as_categories)):
            if name == "categories" and spread != 1.0:
                continue
            beside = [people.beside(row, np.arange(row - POOL, row)) for row in range(POOL, sittings + POOL)]
            honest = np.mean([one.shares.min() <= LIMIT for one in beside])
            pairs = np.mean(np.concatenate([one.chance[one.common > 0] for one in beside]) <= LIMIT)
            power = [np.mean([one <= LIMIT for one in copies(people, k, np.random.default_rng(k))]) for k in COPIES]
            of_five = np.mean(list(groups(people, np.random.default_rng(9))))
            found = " | ".join(f"{one:.2f}" for one in power)
            print(f"| {slope} | {spread} | {name} | {honest:.4f} | {pairs:.5f} | {found} | {of_five:.1f} |", flush=True)


if __name__ == "__main__":
    main()
