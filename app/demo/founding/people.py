"""Simulated people sit: founders before there is a norm, newcomers under it, and founders once more.

Everybody's true thetas are those of the demonstration's population, and come from the run's seed and their number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.accounts.consents import ASSESSMENT, NORM_USE
from app.assessment.founding_progress import FoundingProgress, founding_progress
from app.assessment.policy import SittingPolicy
from app.demo.cast import Ending, Part, Sat
from app.demo.founding.run import LANGUAGE, FoundingRun
from app.demo.join import join
from app.demo.past import RepeatableEntropy
from app.demo.population import KINDS_CORRELATION
from app.demo.sit import answer_all, start
from app.foundation import policies
from app.item_bank import queries as item_bank
from scoring.simulation import simulate_kinds

LEAVES_EVERY, LEAVES_AFTER = 40, 5  # one founder in forty, after so many items: an assumption, to have some


@dataclass(frozen=True, slots=True)
class Simulated:
    """One person with an account, and what is true of them."""

    number: int
    person_id: UUID
    part: Part
    judgement: float
    self_report: float

    @property
    def leaves(self) -> bool:
        """Whether this person gave up on the way."""
        return self.part.sittings[0].ending is Ending.LEFT

    @property
    def truth(self) -> float:
        """The composite of the true thetas, both kinds alike."""
        return (self.judgement + self.self_report) / 2


def seat_founders(release_id: UUID, wanted: int, days: float, run: FoundingRun) -> tuple[Simulated, ...]:
    """Founders, one after the other over `days`, until every item has `wanted` usable responses."""
    expected, began = _expected(release_id, wanted, run), run.clock.now()
    founders: list[Simulated] = []
    while len(founders) < expected or not _is_enough(release_id, wanted, run):
        number = len(founders) + 1
        run.clock.instant = max(run.clock.instant, began + timedelta(days=days * number / expected))
        leaves = number % LEAVES_EVERY == 0
        founders.append(_newcomer("founder", number, run, leaves=leaves))
        run.progress("Founders", number, expected)
    return tuple(founders)


def seat_newcomers(count: int, days: float, run: FoundingRun) -> tuple[Simulated, ...]:
    """People of the same population who come once there is a norm."""
    began, found = run.clock.now(), []
    for number in range(1, count + 1):
        run.clock.instant = max(run.clock.instant, began + timedelta(days=days * number / count))
        found.append(_newcomer("newcomer", number, run))
        run.progress("First sittings under the norm", number, count)
    return tuple(found)


def sit_again(one: Simulated, run: FoundingRun) -> UUID:
    """The sitting that a founder was promised; its id."""
    return _sat(one, run, turn=1)


def _newcomer(kind: str, number: int, run: FoundingRun, *, leaves: bool = False) -> Simulated:
    """Joins and sits once."""
    is_founder = kind == "founder"
    rng = np.random.default_rng([run.seed, number, int(is_founder)])
    judgement, self_report = (float(theta) for theta in simulate_kinds(1, KINDS_CORRELATION, rng)[0])
    sat = Sat(0, judgement, self_report, Ending.LEFT if leaves else Ending.OPEN, LEAVES_AFTER if leaves else None)
    part = Part(f"{kind}-{number}", f"{kind.capitalize()} {number}", f"simulated {kind}", LANGUAGE, sittings=(sat,))
    runtime = run.stage.runtime
    person_id = run.act(
        lambda session: join(
            part, session=session, clock=run.clock, entropy=runtime.entropy, links=runtime.links,
            consents=(ASSESSMENT, NORM_USE) if is_founder else (ASSESSMENT,),
        )
    )  # fmt: skip
    one = Simulated(number, person_id, part, judgement, self_report)
    _sat(one, run, turn=0)
    return one


def _sat(one: Simulated, run: FoundingRun, *, turn: int) -> UUID:
    """One sitting from start to end, and the jobs behind it."""
    seed = (run.seed, *one.part.key.encode(), turn)
    entropy = RepeatableEntropy(run.stage.runtime.entropy, *seed)
    sat = one.part.sittings[0]

    def sitting(session: Session) -> UUID:
        sitting_id = start(
            one.part, one.person_id, stage=run.stage, session=session, clock=run.clock, entropy=entropy, jobs=run.jobs
        )
        answer_all(
            sitting_id, one.person_id, sat, seed, stage=run.stage, session=session, clock=run.clock, jobs=run.jobs
        )
        return sitting_id

    return run.act(sitting, chance=seed)


def _expected(release_id: UUID, wanted: int, run: FoundingRun) -> int:
    """How many whole forms give each item its responses, if forms are dealt evenly."""
    with run.stage.runtime.reading() as session:
        policy = policies.current(SittingPolicy, session=session, at=run.clock.now())
        items = item_bank.release_items(release_id, LANGUAGE, session=session)
    scenarios = sum(run.stage.answers.is_scenario(item.code) for item in items)
    statements = len(items) - scenarios
    return max(
        math.ceil(statements * wanted / policy.founding_statements),
        math.ceil(scenarios * wanted / policy.founding_scenarios),
    )


def _is_enough(release_id: UUID, wanted: int, run: FoundingRun) -> bool:
    progress = progress_of(release_id, run)
    return progress.items_with(wanted) == len(progress.responses)


def progress_of(release_id: UUID, run: FoundingRun) -> FoundingProgress:
    """How many usable responses each item has."""
    with run.stage.runtime.reading() as session:
        return founding_progress(release_id, LANGUAGE, session=session)
