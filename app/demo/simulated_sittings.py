"""Simulated people take a skill through the use cases behind the pages, each process in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.assessment import checks
from app.assessment import queries as sittings
from app.assessment.check_sitting import check_sitting
from app.assessment.declare_adjustments import declare_adjustments
from app.assessment.errors import RetakeTooSoon, TooFewNewItems, YearlyLimitReached
from app.assessment.final_scores import final_score
from app.assessment.policy import SittingPolicy
from app.assessment.start_sitting import start_sitting
from app.awarding import queries as awards
from app.awarding.decide_award import decide_award
from app.demo.answer_sitting import answer_sitting
from app.demo.answering import Answers
from app.demo.cast import Ending, Part, Sat
from app.demo.cohorts import Someone, answers_of, seconds_for
from app.demo.join import join
from app.demo.past import PastClock, RepeatableEntropy
from app.demo.stage import SKILL
from app.foundation import policies
from app.foundation.jobs import JSON
from app.foundation.runtime import Runtime
from app.results import queries as results
from app.results.report_result import report_result


@dataclass(frozen=True, slots=True)
class Taken:
    """How one sitting came out, with what is true of the person."""

    number: int
    cohort: str
    account: int
    turn: int
    judgement: float
    self_report: float
    units: int
    scenarios: int
    probability: float
    judgement_share: float
    outcome: str
    tier: int
    flags: tuple[str, ...]
    shown: tuple[str, ...]


@dataclass
class JobsAtOnce:
    """Keeps what is enqueued; credentials are not issued, for nothing is learned from them here."""

    waiting: list[tuple[str, Mapping[str, JSON]]] = field(default_factory=list)

    def enqueue(self, name: str, key: str, *, session: Session, arguments: Mapping[str, JSON]) -> None:  # noqa: ARG002  part of the protocol
        """Note the job."""
        self.waiting.append((name, arguments))

    def carry_out(self, *, session: Session, clock: PastClock, entropy: RepeatableEntropy) -> None:
        """Result, decision and check, in their order."""
        while self.waiting:
            name, arguments = self.waiting.pop(0)
            match name, arguments:
                case "report_result", {"sitting_id": str(sitting)}:
                    report_result(UUID(sitting), session=session, clock=clock, entropy=entropy, jobs=self)
                case "decide_award", {"result_id": str(result)}:
                    decide_award(UUID(result), session=session, clock=clock, entropy=entropy, jobs=self)
                case "check_sitting", {"sitting_id": str(sitting)}:
                    check_sitting(UUID(sitting), session=session, clock=clock)


def take_all(
    people: tuple[Someone, ...], answers: Answers, *, runtime: Runtime, start: datetime, seed: int
) -> Iterator[list[Taken]]:
    """The sittings of each person in turn, oldest first; the days go by between people."""
    for order, someone in enumerate(people):
        clock = PastClock(start + timedelta(minutes=order))
        with runtime.transaction() as session:
            yield _life(someone, answers, runtime=runtime, session=session, clock=clock, seed=seed)


def _life(
    someone: Someone, answers: Answers, *, runtime: Runtime, session: Session, clock: PastClock, seed: int
) -> list[Taken]:
    found = []
    for account in range(someone.cohort.accounts):
        key = f"simulated-{someone.number}-{account}"
        part = Part(key, f"Simulated {someone.number}", someone.cohort.name, sittings=(Sat(0, 0, 0, Ending.OPEN),))
        person_id = join(part, session=session, clock=clock, entropy=runtime.entropy, links=runtime.links)
        for turn in range(someone.cohort.sittings):
            entropy = RepeatableEntropy(runtime.entropy, seed, someone.number, account, turn)
            sitting_id = _started(person_id, session=session, clock=clock, entropy=entropy)
            if sitting_id is None:
                break  # nothing is left that the person has not seen
            if someone.cohort.adjustments:
                declare_adjustments(
                    sitting_id, someone.cohort.adjustments, person_id=person_id, session=session, clock=clock
                )
            experience = turn + account
            _answer(someone, experience, sitting_id, person_id, answers, session=session, clock=clock, seed=seed,
                    entropy=entropy)  # fmt: skip
            found.append(_outcome(someone, account, turn, sitting_id, session=session))
            clock.wait(hours=1)
    return found


def _started(person_id: UUID, *, session: Session, clock: PastClock, entropy: RepeatableEntropy) -> UUID | None:
    """Start as early as the rules allow."""
    honesty = policies.current(SittingPolicy, session=session, at=clock.now()).honesty_statement
    tools: dict[str, Any] = {"session": session, "clock": clock, "entropy": entropy, "jobs": JobsAtOnce()}
    while True:
        try:
            return start_sitting(person_id, SKILL, "en", honesty_statement=honesty, **tools).sitting_id
        except (RetakeTooSoon, YearlyLimitReached) as refusal:
            clock.instant = refusal.from_at
        except TooFewNewItems:
            return None


def _answer(
    someone: Someone,
    experience: int,
    sitting_id: UUID,
    person_id: UUID,
    answers: Answers,
    *,
    session: Session,
    clock: PastClock,
    entropy: RepeatableEntropy,
    seed: int,
) -> None:
    answer, jobs = answers_of(someone, experience, answers, seed), JobsAtOnce()
    rng = np.random.default_rng([seed, someone.number, experience, 1])
    answer_sitting(
        sitting_id,
        person_id,
        answer=answer,
        seconds=lambda code: seconds_for(someone, rng, is_scenario=answers.is_scenario(code)),
        session=session,
        clock=clock,
        jobs=jobs,
    )
    jobs.carry_out(session=session, clock=clock, entropy=entropy)


def _outcome(someone: Someone, account: int, turn: int, sitting_id: UUID, *, session: Session) -> Taken:
    score = final_score(sitting_id, session=session)
    result = results.result_of_sitting(sitting_id, session=session)
    decision = awards.decision_on(result.id, session=session) if result else None
    check = checks.check_of(sitting_id, session=session)
    return Taken(
        number=someone.number,
        cohort=someone.cohort.name,
        account=account,
        turn=turn,
        judgement=someone.judgement,
        self_report=someone.self_report,
        units=score.units,
        scenarios=score.scenarios,
        probability=score.probability_above or 0.0,
        judgement_share=score.judgement_share,
        outcome=str(decision.outcome) if decision else "none",
        tier=check.tier,
        flags=tuple(check.evidence["flags"]),
        shown=sittings.shown_items(sitting_id, session=session),
    )
