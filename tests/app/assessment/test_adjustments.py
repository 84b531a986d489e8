"""More time, larger text, a screen reader: asked for on any question, without proof, and taken back the same way."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from app.assessment.declare_adjustments import declare_adjustments
from app.assessment.errors import AdjustmentUnknown, SittingNotFound
from app.assessment.models import Sitting
from app.foundation.audit import AuditEntry
from tests.app.assessment.builders import a_normed_skill
from tests.app.assessment.test_views import Candidate

LARGER = 'class="item larger"'


@pytest.fixture
def begun(app, place, runtime):
    a_normed_skill(place, scenario_slope=1.5)
    ada = Candidate(app, runtime, "ada@example.org")
    return ada, ada.begin()


def _asked(runtime) -> list[str] | None:
    with runtime.reading() as session:
        return session.scalar(select(Sitting.adjustments))


def test_edge_031_asked_in_the_middle_it_holds_from_the_next_screen_without_a_restart(begun, runtime) -> None:
    ada, path = begun
    ada.answer(path)
    position = 'name="position" value="2"'
    assert position in ada.open(path).text
    assert LARGER not in ada.open(path).text
    for _twice in range(2):  # a double click asks for the same
        assert ada.post(f"{path}/adjustments", on="larger-text").location == path
    page = ada.open(path).text
    assert LARGER in page
    assert position in page
    ada.post(f"{path}/adjustments", on="unlimited-time")
    assert _asked(runtime) == ["larger-text", "unlimited-time"]
    ada.post(f"{path}/adjustments", off="larger-text")
    assert _asked(runtime) == ["unlimited-time"]
    assert LARGER not in ada.open(path).text
    with runtime.reading() as session:
        assert "sitting.adjusted" in session.scalars(select(AuditEntry.kind)).all()


def test_two_clicks_are_enough_and_no_proof_is_asked(begun) -> None:
    ada, path = begun
    offered = ada.open(path).text.split('id="adjustments"')[1].split("</details>")[0]
    assert offered.count('type="submit"') == 3  # one click opens, the other asks
    assert offered.count("<input") == 1
    assert 'type="hidden" name="csrf_token"' in offered


def test_what_is_not_offered_is_refused(begun, runtime) -> None:
    ada, path = begun
    ada.open(path)
    assert ada.post(f"{path}/adjustments", on="double-score").status_code == 422
    assert not _asked(runtime)


def test_nobody_asks_for_another_and_not_after_the_end(app, place, runtime, begun) -> None:
    ada, path = begun
    eve = Candidate(app, runtime, "eve@example.org")
    eve.open("/me")
    assert eve.post(f"{path}/adjustments", on="larger-text").status_code == 404
    ada.open(path)
    ada.post(f"{path}/leave")
    assert ada.post(f"{path}/adjustments", on="larger-text").status_code == 409
    assert not _asked(runtime)


def test_the_use_case_names_what_it_refuses(place, runtime, begun) -> None:
    sitting_id = UUID(begun[1].rsplit("/", 1)[1])
    ask = {"session": None, "clock": runtime.clock}
    with pytest.raises(AdjustmentUnknown):
        declare_adjustments(sitting_id, ["a-better-score"], person_id=sitting_id, **ask)
    with pytest.raises(SittingNotFound), runtime.transaction() as session:
        declare_adjustments(sitting_id, ["larger-text"], person_id=sitting_id, session=session, clock=runtime.clock)
