"""Who comes to a simulated skill: honest people, careless ones, and those who try to look better than they are.

How far each goes is stated, not estimated: gains and shares from the literature where `scoring.simulated_people` names
it, and plain assumptions otherwise. Every number here is a demonstration's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.demo.answering import HIGHEST_RATING, LOWEST_RATING, Answers
from app.demo.population import KINDS_CORRELATION
from scoring.simulated_people import assisted, faking, leaked
from scoring.simulation import simulate_kinds, simulate_responses

FAKED_GAIN = FAKED_GAIN_SD = 0.5  # of self-report, in SD (Viswesvaran & Ones 1999)
ASSISTANT_THETA, ASKED = 1.5, 0.9  # the assistant's judgement, and how often it is asked
LEAKED_SHARE, RECALL = 0.25, 0.8  # of the bank, and of the keys a holder recalls
PRACTICE_MOST = 0.3  # SD a sitting, drawn from 0 to this
HALF = 0.5
STATEMENT_SECONDS, SCENARIO_SECONDS, SECONDS_SPREAD = 9.0, 45.0, 0.4  # medians, and SD of log seconds


@dataclass(frozen=True, slots=True)
class Cohort:
    """`share` of the people; how many sittings each wants, over how many accounts, and how they are answered."""

    name: str
    share: float
    sittings: int = 1
    accounts: int = 1
    pace: float = 1.0  # of the usual: 3 is three times as long
    adjustments: tuple[str, ...] = ()
    is_honest: bool = False
    has_practice: bool = False


COHORTS = (
    Cohort("honest", 0.60, is_honest=True),
    Cohort("slow", 0.03, pace=3.0, is_honest=True),
    Cohort("screen reader", 0.03, pace=2.0, adjustments=("unlimited-time",), is_honest=True),
    Cohort("careless: random", 0.02, pace=0.2),
    Cohort("careless: straight line", 0.02, pace=0.2),
    Cohort("careless: half random", 0.02, pace=0.5),
    Cohort("faking good", 0.10),
    Cohort("coached on leaked items", 0.05),
    Cohort("answered by an assistant", 0.05),
    Cohort("retaking five times", 0.05, sittings=5, has_practice=True),
    Cohort("three accounts", 0.03, accounts=3, has_practice=True),
)


@dataclass(frozen=True, slots=True)
class Someone:
    """One simulated person: number, cohort, true thetas (judgement, self-report), practice gained by each sitting."""

    number: int
    cohort: Cohort
    judgement: float
    self_report: float
    practice: float


def everybody(people: int, seed: int) -> tuple[Someone, ...]:
    """`people` in the cohorts' shares; each cohort has the population's thetas."""
    rng = np.random.default_rng(seed)
    counts = [max(1, round(cohort.share * people)) for cohort in COHORTS]
    cohorts = [cohort for cohort, count in zip(COHORTS, counts, strict=True) for _ in range(count)]
    thetas = simulate_kinds(len(cohorts), KINDS_CORRELATION, rng)
    gains = rng.uniform(0.0, PRACTICE_MOST, len(cohorts))
    order = rng.permutation(len(cohorts))  # mixed, so that each process has some of every cohort
    return tuple(
        Someone(int(k), cohorts[k], float(thetas[k, 0]), float(thetas[k, 1]), float(gains[k] * cohorts[k].has_practice))
        for k in order
    )


def answers_of(someone: Someone, turn: int, answers: Answers, seed: int) -> Callable[[str], Any]:
    """What the person answers to each item at their `turn`-th sitting (from 0)."""
    rng = np.random.default_rng([seed, someone.number, turn])
    instrument = answers.instrument
    judgement, self_report = someone.judgement + turn * someone.practice, someone.self_report + turn * someone.practice
    name = someone.cohort.name
    if name == "faking good":
        self_report = float(faking([self_report], FAKED_GAIN, FAKED_GAIN_SD, rng)[0])
    judged = simulate_responses(instrument.judgement, [judgement], rng)
    said = simulate_responses(instrument.self_report, [self_report], rng)
    if name == "answered by an assistant":
        judged = assisted(judged, instrument.judgement, ASSISTANT_THETA, [True], rng, asked=ASKED)
    codes: NDArray[np.int8] = np.concatenate([judged, said], axis=1)
    if name == "coached on leaked items":
        best = np.concatenate([instrument.judgement.categories, instrument.self_report.categories]) - 1
        # What leaks is the same for all who hold it.
        is_leaked = np.random.default_rng(seed).random(best.size) < LEAKED_SHARE
        codes = leaked(codes, best, is_leaked, [True], rng, recall=RECALL)
    place = rng.integers(1, LOWEST_RATING + 4)
    careless = _careless(name, int(place), answers, rng)

    def answer(code: str) -> Any:
        given = careless(code) if careless is not None else None
        return given if given is not None else answers.by_category[code][int(codes[0, answers.place[code]])]

    return answer


def _careless(name: str, place: int, answers: Answers, rng: np.random.Generator) -> Callable[[str], Any] | None:
    """Answers without reading, or None for people who read; a call that gives None leaves the item to care."""
    if not name.startswith("careless"):
        return None

    def answer(code: str) -> Any:
        options = answers.by_category[code]
        if name.endswith("half random") and rng.random() < HALF:
            return None
        if answers.is_scenario(code):
            count = len(next(iter(options.values())))
            if name.endswith("straight line"):
                return [place + 1] * count
            return [int(rating) for rating in rng.integers(LOWEST_RATING, HIGHEST_RATING + 1, count)]
        return place if name.endswith("straight line") else int(rng.integers(len(options)))

    return answer


def seconds_for(someone: Someone, rng: np.random.Generator, *, is_scenario: bool) -> float:
    """How long the person takes over one item."""
    usual = SCENARIO_SECONDS if is_scenario else STATEMENT_SECONDS
    return float(usual * someone.cohort.pace * np.exp(SECONDS_SPREAD * rng.standard_normal()))
