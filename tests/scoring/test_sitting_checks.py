"""One sitting against simulated peers: honest ones look odd as rarely as stated, and odd ones do look odd."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.items import ItemParameters
from scoring.simulation import simulate_responses
from scoring.sitting_checks import longest_run, misfit

RNG_SEED = 4
PLACES = np.array([-1.3, -0.4, 0.4, 1.3])


def items(count: int, seed: int) -> ItemParameters:
    rng = np.random.default_rng(seed)
    return ItemParameters(np.full(count, 1.5), rng.standard_normal((count, 1)) + PLACES)


SCENARIOS, STATEMENTS = items(8, 1), items(9, 2)
KEYED = np.array([1, -1, 1, 1, -1, 1, -1, 1, 1])


def shares(kind: str, people: int, draws: int = 199) -> np.ndarray:
    """(misfit, run) of some sittings of one kind of person, shape (people, 2)."""
    rng = np.random.default_rng(RNG_SEED)
    found = []
    for _ in range(people):
        theta = rng.standard_normal()
        judged, said = (simulate_responses(bank, [theta], rng)[0] for bank in (SCENARIOS, STATEMENTS))
        if kind != "honest":
            judged = rng.integers(0, 5, 8)
        if kind == "random":
            said = rng.integers(0, 5, 9)
        if kind == "straight":
            said = np.where(KEYED > 0, 3, 1)
        fit = misfit([(judged, SCENARIOS), (said, STATEMENTS)], rng, draws=draws)
        run = longest_run(said, STATEMENTS, KEYED, rng, draws=draws)
        found.append((fit.share, run.share))
    return np.array(found)


def test_honest_sittings_look_odd_no_more_often_than_stated() -> None:
    found = shares("honest", 150)
    assert (found <= 0.05).mean(axis=0).max() <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 150)
    assert (found <= 0.5).mean() < 0.62


@pytest.mark.parametrize(("kind", "column", "at_least"), [("random", 0, 0.5), ("straight", 1, 0.95)])
def test_careless_sittings_look_odd(kind: str, column: int, at_least: float) -> None:
    found = shares(kind, 40)
    assert (found[:, column] <= 0.02).mean() >= at_least


def test_too_few_answers_look_like_nothing() -> None:
    rng = np.random.default_rng(1)
    few = STATEMENTS.take([0, 1, 2])
    assert misfit([(np.array([0, 4, 0]), few)], rng, draws=9).share == 1.0
    assert longest_run(np.array([3, 3, 3]), few, [1, 1, 1], rng, draws=9).share == 1.0


def test_a_small_share_rests_on_all_that_are_simulated_and_a_common_one_on_the_first() -> None:
    found = np.concatenate([shares(kind, 20, draws=997).ravel() for kind in ("honest", "random")])
    of_first, of_all = (np.isclose(found * count % 1, [[0], [1]], atol=1e-9).any(axis=0) for count in (200, 998))
    assert (of_first | of_all).all()
    assert of_all[found < 0.1].all()
    assert of_first[found > 0.2].all()
    assert 5 < of_first.sum() < found.size - 5
