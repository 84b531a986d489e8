from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import bindparam, update

from app.assessment.commands import sitting as sitting_commands
from app.assessment.final_scores import final_score
from app.assessment.models import FrozenSitting, Presentation, Response, Sitting
from app.assessment.queries import latest_edition
from app.assessment.replay_sitting import Replay, replay_sitting
from app.cli import Doorkeeper
from app.foundation.db import Database
from app.foundation.runtime import Runtime
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, a_policy, take


def _replay(place: Place, sitting_id: UUID) -> Replay:
    return place.do(lambda session: replay_sitting(sitting_id, session=session))


def _taken(place: Place, theta: float = 0.9) -> UUID:
    a_normed_skill(place, scenario_slope=1.5)
    return take(place, a_person(place), SimulatedPerson(place, theta, theta).answer)


def test_a_sitting_comes_out_again_from_seed_pins_and_responses(place: Place) -> None:
    replay = _replay(place, _taken(place))
    assert replay.matches, replay.differences
    assert replay.positions >= 12


def test_an_open_sitting_and_one_left_early_come_out_again_too(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    sitting_id = take(place, person_id, SimulatedPerson(place, 0, 0).answer, most=4)
    assert _replay(place, sitting_id).matches


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (lambda which: update(Sitting).where(Sitting.id == which).values(seed=99), "position"),
        (lambda which: update(Sitting).where(Sitting.id == which).values(cut=1.0), "probability_above"),
        (lambda which: update(Sitting).where(Sitting.id == which).values(stop_reason="certain-above"), "end"),
        (lambda which: update(FrozenSitting).where(FrozenSitting.sitting_id == which).values(median=9.0), "median"),
        (lambda which: update(FrozenSitting).where(FrozenSitting.sitting_id == which).values(sha256="0"), "hash"),
        (
            lambda which: (
                update(Response)
                .where(Response.sitting_id == which, Response.position == 3)
                .values(value="did-not-arise")
            ),
            "responses",
        ),
        (
            lambda which: (
                update(Presentation)
                .where(Presentation.sitting_id == which, Presentation.position == 5)
                .values(item_code=bindparam("unshown"))
            ),
            "position 5",
        ),
    ],
)
def test_whatever_is_altered_in_the_database_is_named(place: Place, planted: Any, named: str) -> None:
    sitting_id = _taken(place, theta=-0.5)
    shown = {one.item_code for one in place.shown(sitting_id)}
    kind = next(one.item_code[:5] for one in place.shown(sitting_id) if one.position == 5)
    unshown = next(code for code in (f"{kind}{number:02d}" for number in range(1, 13)) if code not in shown)
    place.do(lambda session: session.execute(planted(sitting_id), {"unshown": unshown}))
    replay = _replay(place, sitting_id)
    assert not replay.matches
    assert any(named in difference for difference in replay.differences), replay.differences


def test_rows_that_cannot_be_scored_are_a_difference_and_no_crash(place: Place) -> None:
    sitting_id = _taken(place, theta=-0.5)
    spoilt = update(Response).where(Response.sitting_id == sitting_id, Response.position == 1).values(value=[[1], 2])
    place.do(lambda session: session.execute(spoilt))
    assert "cannot be scored" in _replay(place, sitting_id).differences[0]


def test_case_039_and_edge_010_a_norm_published_in_the_middle_moves_nothing_that_has_begun(place: Place) -> None:
    a_normed_skill(place, cut=1.28, scenario_slope=1.5)
    before, halfway = a_person(place), a_person(place)
    person = SimulatedPerson(place, 1.0, 1.0)
    finished_id = take(place, before, person.answer)
    finished = place.do(lambda session: final_score(finished_id, session=session))
    open_id = take(place, halfway, person.answer, most=6)
    pinned = place.sitting(open_id).norm_id
    place.clock.advance(timedelta(hours=1))
    a_normed_skill(place, cut=0.5, scenario_slope=0.9)
    a_policy(place, fewest_units=20)
    for position in range(7, 60):
        shown = place.shown(open_id)[-1]
        if place.respond(halfway, open_id, position, person.answer(shown.item_code)).state != "open":
            break
    ended = place.do(lambda session: final_score(open_id, session=session))
    assert (ended.norm_id, ended.cut, place.sitting(open_id).policy_version) == (pinned, 1.28, 0)
    assert place.do(lambda session: final_score(finished_id, session=session)) == finished
    for sitting_id in (finished_id, open_id):
        assert _replay(place, sitting_id).matches
    later = place.sitting(take(place, a_person(place), SimulatedPerson(place, 0.4, 0.4).answer))
    other_process = Database(place.database.url)
    with other_process.reading() as session:
        assert replay_sitting(later.id, session=session).matches
    other_process.dispose()
    newest = place.do(lambda session: latest_edition(SKILL, "en", session=session))
    assert newest is not None
    assert (later.cut, later.norm_id, later.policy_version) == (0.5, newest.norm_id, 1)


def test_the_command_says_whether_it_matches_by_its_exit_code(place: Place, runtime: Runtime) -> None:
    sitting_id = _taken(place)
    run = CliRunner().invoke(sitting_commands, ["replay", str(sitting_id), "--json"], obj=runtime)
    assert run.exit_code == 0, run.output
    assert json.loads(run.output)["matches"] is True
    place.do(lambda session: session.execute(update(Sitting).where(Sitting.id == sitting_id).values(seed=7)))
    run = CliRunner().invoke(sitting_commands, ["replay", str(sitting_id)], obj=runtime)
    assert run.exit_code == 1
    assert "position" in run.output


def test_a_sitting_that_there_is_not_is_told_to_an_operator_as_to_one(place: Place, runtime: Runtime) -> None:
    words = ["sitting", "replay", "3f0c6c0e-6f0e-4c6b-9a57-0d7a3c1f1a10"]
    done = CliRunner().invoke(Doorkeeper("decile", commands={"sitting": sitting_commands}), words, obj=runtime)
    assert done.exit_code == 1
    assert "There is no sitting 3f0c6c0e" in done.output
    assert "of yours" not in done.output
