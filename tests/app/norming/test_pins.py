"""A sitting keeps the norm it started under, whatever is published meanwhile (edge cases 10 to 12, case 39)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.accounts.models import Person
from app.accounts.record_consent import record_consent
from app.assessment.models import PINNED, Sitting
from app.assessment.start_sitting import start_sitting
from app.foundation.access import Actor, system
from app.norming.models import NormState
from app.norming.publish_norm import publish_norm
from tests.app.norming.builders import SKILL, a_calibrated_sample, a_described_mapping, a_norm, people


def begin(session, clock, entropy, jobs, number):
    """A newcomer starts a sitting; its row."""
    person = Person(
        id=entropy.uuid(),
        email=f"candidate{number}@example.org",
        language="en",
        known_since_at=clock.now(),
        adult_confirmed_at=clock.now(),
    )
    session.add(person)
    session.flush()
    tools = {"session": session, "clock": clock, "entropy": entropy}
    record_consent(person.id, "assessment", 1, actor=Actor(person.id, "candidate"), **tools)
    started = start_sitting(person.id, SKILL, "en", honesty_statement="1", jobs=jobs, **tools)
    return session.get_one(Sitting, started.sitting_id)


def pins(sitting):
    return {name: getattr(sitting, name) for name in PINNED}


def test_case_039_edge_010_011_012_a_norm_published_in_mid_sitting_counts_from_the_next_one(
    session, clock, entropy, jobs
):
    staff = people(session, clock.now())
    a_calibrated_sample(session, clock, entropy)
    first = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(first.id, session=session, clock=clock, actor=system())
    early = begin(session, clock, entropy, jobs, 1)
    before = pins(early)

    clock.advance(timedelta(hours=1))
    simulated = a_described_mapping(simulated=True)  # whose items have a scale of their own
    a_calibrated_sample(session, clock, entropy, seed=2, shift=0.5, mapping=simulated)
    second = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(second.id, session=session, clock=clock, actor=system())
    late = begin(session, clock, entropy, jobs, 2)

    session.flush()
    session.expire_all()
    assert pins(early) == before
    assert (early.norm_id, early.cut) == (first.id, first.cut)
    assert (late.norm_id, late.cut) == (second.id, second.cut)
    assert late.calibration_id != early.calibration_id
    assert session.scalars(select(Sitting.state)).all() == ["open", "open"]
