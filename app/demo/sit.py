"""An invented person takes the skill once, item by item, through the use cases behind the pages.

Chance decides how a sitting ends. Where it ended otherwise than the part wants, it is undone and sat again with
other chance: the demonstration needs one of each kind, and makes none by writing into a table.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.leave_sitting import leave_sitting
from app.assessment.policy import SittingPolicy
from app.assessment.start_sitting import start_sitting
from app.awarding import queries as awards
from app.demo.answer_sitting import answer_sitting
from app.demo.cast import Ending, Part, Sat
from app.demo.past import JobsOfThePast, PastClock, RepeatableEntropy, Tools
from app.demo.stage import Stage
from app.foundation import policies
from app.results import queries as results

MOST_ATTEMPTS = 40  # a near miss comes about in every fourth; the shipped seeds need one or two
NEAR = 0.30  # decision confidence from which a person below the line is called a near miss
SECONDS_PER_STATEMENT, SECONDS_PER_SCENARIO = 14, 55


def sit(part: Part, sat: Sat, person_id: UUID, *, stage: Stage, session: Session, clock: PastClock) -> UUID:
    """The id of the sitting. After `MOST_ATTEMPTS` the last one stands as it came out."""
    began = clock.now()
    for attempt in range(MOST_ATTEMPTS):
        clock.instant, jobs = began, JobsOfThePast()
        seed = (*part.key.encode(), int(sat.days_ago), attempt)
        entropy = RepeatableEntropy(stage.runtime.entropy, *seed)
        undo = session.begin_nested()
        sitting_id = start(part, person_id, stage=stage, session=session, clock=clock, entropy=entropy, jobs=jobs)
        answer_all(sitting_id, person_id, sat, seed, stage=stage, session=session, clock=clock, jobs=jobs)
        jobs.carry_out(
            Tools(
                session=session,
                clock=clock,
                entropy=entropy,
                signer=stage.present_signer,
                jwt_signer=stage.runtime.jwt_signer,
                base_url=stage.runtime.settings.base_url,
            )
        )
        if _ended_as(sat.ending, sitting_id, session=session) or attempt + 1 == MOST_ATTEMPTS:
            undo.commit()
            break
        undo.rollback()
    return sitting_id


def start(
    part: Part,
    person_id: UUID,
    *,
    stage: Stage,
    session: Session,
    clock: PastClock,
    entropy: RepeatableEntropy,
    jobs: JobsOfThePast,
) -> UUID:
    """Begin; the id of the sitting."""
    policy = policies.current(SittingPolicy, session=session, at=clock.now())
    return start_sitting(
        person_id,
        stage.skill,
        part.language,
        honesty_statement=policy.honesty_statement,
        session=session,
        clock=clock,
        entropy=entropy,
        jobs=jobs,
    ).sitting_id


def answer_all(
    sitting_id: UUID,
    person_id: UUID,
    sat: Sat,
    seed: tuple[int, ...],
    *,
    stage: Stage,
    session: Session,
    clock: PastClock,
    jobs: JobsOfThePast,
) -> None:
    """Answer until the sitting is complete, or as many items as this person had time for."""
    answers = stage.answers
    is_open = answer_sitting(
        sitting_id,
        person_id,
        answer=lambda code: answers.of(code, sat.judgement, sat.self_report, seed),
        seconds=lambda code: SECONDS_PER_SCENARIO if answers.is_scenario(code) else SECONDS_PER_STATEMENT,
        most=sat.answers,
        session=session,
        clock=clock,
        jobs=jobs,
    )
    if is_open and sat.ending is Ending.LEFT:
        leave_sitting(sitting_id, person_id=person_id, session=session, clock=clock, jobs=jobs)


def _ended_as(wanted: Ending, sitting_id: UUID, *, session: Session) -> bool:
    if wanted in (Ending.OPEN, Ending.LEFT):
        return True
    return ending_of(sitting_id, session=session) is wanted


def ending_of(sitting_id: UUID, *, session: Session) -> Ending:
    """How a sitting came out, read from its result and decision."""
    result = results.result_of_sitting(sitting_id, session=session)
    decision = awards.decision_on(result.id, session=session) if result else None
    if result is None or decision is None:
        return Ending.OPEN
    if decision.reasons == ("below-the-cut",) and (result.decision_confidence or 0.0) >= NEAR:
        return Ending.NEAR_MISS
    return Ending(decision.outcome)
