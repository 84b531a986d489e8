"""What kept a decision waiting is over: the first one is asked for, and a refusal is looked at again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding.ask_for_decision import ask_for_decision
from app.awarding.decide_again import decide_again
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs


def decide_what_waited(
    result_id: UUID,
    *,
    occasion: str,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> None:
    """Do it once for an occasion; what stands and rests on nothing new stays as it is."""
    outcome = decide_again(result_id, session=session, clock=clock, entropy=entropy, jobs=jobs, actor=actor)
    if outcome is None:
        ask_for_decision(result_id, occasion=occasion, session=session, jobs=jobs)
