"""Who presses the button twice has asked once."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.access import Actor
from app.foundation.runtime import Runtime
from app.privacy.ask_for_erasure import ask_for_erasure
from app.privacy.models import ErasureRequest
from tests.app.assessment.builders import Place, a_person
from tests.meanwhile import while_first_is_not_committed

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def test_asked_twice_in_the_same_moment_it_is_one_request_and_the_last_choice_counts(runtime: Runtime):
    here = runtime
    person_id = a_person(Place(here.database, here.clock, here.entropy, here.jobs))
    actor = Actor(person_id, "person", signed_in_at=here.clock.now())
    asked: list[UUID] = []

    def ask(session: Session, certificates: str = "keep") -> None:
        asked.append(
            ask_for_erasure(
                certificates, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=actor
            )
        )

    def ask_again() -> None:
        with here.transaction() as session:
            ask(session, "revoke")

    while_first_is_not_committed(here.database, ask, ask_again)

    with here.reading() as session:
        (request,) = session.scalars(select(ErasureRequest)).all()
    assert asked == [request.id] * 2
    assert request.certificates == "revoke"
