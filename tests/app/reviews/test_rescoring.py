"""Finished sittings without a faulty item: previewed, asked for, applied by another person, undone or settled."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.grant_role import grant_role
from app.accounts.models import Person, RoleGrant
from app.assessment import queries as sittings
from app.assessment.final_scores import final_score
from app.assessment.models import Sitting, SittingAllowance, SittingCorrection
from app.assessment.preview_suspension import preview_suspension
from app.assessment.read_under_line import Line, read_under_line
from app.assessment.start_sitting import start_sitting
from app.awarding import queries as awards
from app.awarding.errors import HoldRefused
from app.awarding.models import Award, AwardDecision, Outcome
from app.credentials.models import Credential
from app.credentials.open_badge import told_facts
from app.foundation.access import Actor, Forbidden, ProofNotFresh, operator
from app.foundation.audit import AuditEntry
from app.foundation.db import Database
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.item_bank import item_record
from app.item_bank import queries as banks
from app.item_bank.change_item_state import change_item_state
from app.item_bank.item_states import ItemState
from app.monitoring import queries as monitoring
from app.monitoring.close_alarm import close_alarm
from app.monitoring.models import AlarmKind
from app.monitoring.raise_alarms import raise_alarms
from app.results import figures
from app.results import queries as results
from app.results.models import SkillResult
from app.results.recompute_result import recompute_result
from app.reviews.apply_change import apply_change
from app.reviews.apply_rescoring import apply_rescoring
from app.reviews.ask_for_change import ask_for_change
from app.reviews.ask_for_rescoring import ask_for_rescoring
from app.reviews.decide_case import decide_case
from app.reviews.errors import (
    AnotherPreviewSeen,
    ItemNotSuspended,
    NothingToRescore,
    RescoringFollowed,
    RescoringNotOpen,
    RescoringOpen,
    RescoringReasonMissing,
    SecondPersonNeeded,
)
from app.reviews.models import ItemRescoring, ReviewCase, State
from app.reviews.open_held_cases import open_held_cases
from app.reviews.rescoring_preview import Effect, RescoringPreview, rescoring_preview
from app.reviews.settle_rescorings import settle_rescorings
from app.reviews.undo_rescoring import undo_rescoring
from tests.app.assessment.builders import (
    SKILL,
    Place,
    SimulatedPerson,
    a_person,
    ratings_for,
    take,
    the_collaboration_bank,
)
from tests.app.demo.test_found import an_empty_place
from tests.app.monitoring.seen import a_look, a_row
from tests.browser.normed_bank import adopt_a_norm
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.journeys.at_a_standstill import run_jobs

FAULTY = "col-j09"
PEOPLE = ((1.0, 0), (1.3, 1), (1.4, 2), (1.15, 5), (1.2, 5), (1.25, 10), (1.22, 10), (1.3, 10))  # theta, seed
EFFECTS = [Effect.NONE, Effect.LOSES, *[Effect.KEEPS] * 3, *[Effect.GAINS] * 2, Effect.NONE]
HIT_BY_IT = frozenset({5, 10})  # seeds of those who answered it against a key that is wrong


@dataclass
class Desk:
    """A bank under a norm, some finished sittings near the line, and two item editors."""

    runtime: Runtime
    place: Place
    mail: Path
    sittings: tuple[UUID, ...]
    first: Actor
    second: Actor

    def work(self) -> None:
        run_jobs(self.runtime)
        self.place.jobs.enqueued.clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory, sqlite_file_with_tables) -> tuple[Desk, Path]:
    """Built once, with the file that every test gets a copy of."""
    directory = tmp_path_factory.mktemp("rescoring")
    runtime = an_empty_place(directory, sqlite_file_with_tables)
    place = Place(runtime.database, runtime.clock, CountingEntropy(), runtime.jobs)
    runtime = replace(runtime, entropy=place.entropy)
    the_collaboration_bank(place)
    adopt_a_norm(place)
    people = [a_person(place) for _ in PEOPLE]
    taken = tuple(
        take(place, who, _answers(place, theta, seed)) for who, (theta, seed) in zip(people, PEOPLE, strict=True)
    )
    first, second = (_an_item_editor(place) for _ in range(2))
    place.clock.advance(timedelta(minutes=5))
    desk = Desk(runtime, place, directory / "mail", taken, _proven(first, place), _proven(second, place))
    desk.work()
    runtime.database.dispose()
    return desk, directory / "test.sqlite3"


@pytest.fixture
def desk(made, tmp_path) -> Iterator[Desk]:
    """As it was made, in a database of its own."""
    master, file = made
    database, clock = Database(f"sqlite:///{shutil.copy(file, tmp_path)}"), FrozenClock(master.place.clock.instant)
    place = replace(master.place, database=database, clock=clock, jobs=CollectedJobs())
    mailer = SpoolMailer(tmp_path / "mail", sender="no-reply@localhost", clock=clock)
    runtime = replace(master.runtime, database=database, clock=clock, jobs=place.jobs, mailer=mailer)
    yield replace(master, runtime=runtime, place=place, mail=tmp_path / "mail")
    database.dispose()


def _an_item_editor(place: Place) -> UUID:
    person_id = a_person(place)
    place.do(lambda session: grant_role(person_id, "item_editor", session=session, clock=place.clock, actor=operator()))
    return person_id


def _proven(person_id: UUID | None, place: Place) -> Actor:
    return Actor(person_id, "editor", frozenset({"item_editor"}), place.clock.now(), place.clock.now())


def _answers(place: Place, theta: float, seed: int) -> Callable[[str], Any]:
    person = SimulatedPerson(place, theta, theta, seed)
    if seed not in HIT_BY_IT:
        return person.answer
    key = place.do(lambda session: banks.scenario_keys(_release(session), session=session)[FAULTY]).option_keys
    return lambda code: ratings_for(tuple(key), 0) if code == FAULTY else person.answer(code)


def _release(session: Session) -> UUID:
    return banks.latest_release(SKILL, session=session).id


def _an_item_editor(place: Place) -> UUID:
    person_id = a_person(place)
    place.do(lambda session: grant_role(person_id, "item_editor", session=session, clock=place.clock, actor=operator()))
    return person_id


def _proven(person_id: UUID, place: Place, *roles: str) -> Actor:
    return Actor(person_id, "editor", frozenset({"item_editor", *roles}), place.clock.now(), place.clock.now())


def item_id(desk: Desk, code: str = FAULTY) -> UUID:
    return desk.place.do(lambda session: item_record.item_id_of(SKILL, code, session=session))


def suspend(desk: Desk, code: str = FAULTY) -> None:
    bring(desk, ItemState.SUSPENDED, code)


def bring(desk: Desk, state: ItemState, code: str = FAULTY, languages: tuple[str, ...] = ("en", "fr")) -> None:
    """Into that state, in these languages."""
    desk.place.do(
        lambda session: change_item_state(
            item_record.item_id_of(SKILL, code, session=session), state, reason="the key is wrong",
            languages=languages, session=session, clock=desk.place.clock, actor=desk.first,
        )
    )  # fmt: skip


def previewed(desk: Desk, code: str = FAULTY) -> RescoringPreview:
    which = item_id(desk, code)
    with desk.runtime.reading() as session:
        return rescoring_preview(which, ("en",), session=session, at=desk.place.clock.now())


def ask(desk: Desk, code: str = FAULTY, *, actor: Actor | None = None, reason: str = "the key is wrong") -> UUID:
    preview, tools = previewed(desk, code), {"clock": desk.place.clock, "entropy": desk.place.entropy}
    with desk.runtime.transaction() as session:
        return ask_for_rescoring(preview, reason, session=session, actor=actor or desk.first, **tools).id


def apply(
    desk: Desk, rescoring: UUID, code: str = FAULTY, *, actor: Actor | None = None, seen: str | None = None
) -> None:
    apply_seen(desk, rescoring, previewed(desk, code), actor=actor, seen=seen)


def apply_seen(
    desk: Desk, rescoring: UUID, preview: RescoringPreview, *, actor: Actor | None = None, seen: str | None = None
) -> None:
    with desk.runtime.transaction() as session:
        apply_rescoring(
            rescoring, preview, seen_sha256=preview.sha256 if seen is None else seen, session=session,
            clock=desk.place.clock, entropy=desk.place.entropy, jobs=desk.place.jobs, actor=actor or desk.second,
        )  # fmt: skip


def applied(desk: Desk, code: str = FAULTY) -> UUID:
    suspend(desk, code)
    rescoring = ask(desk, code)
    apply(desk, rescoring, code)
    return rescoring


def undo(desk: Desk, rescoring: UUID, code: str = FAULTY, *, actor: Actor | None = None) -> int:
    which = item_id(desk, code)
    with desk.runtime.transaction() as session:
        return undo_rescoring(
            rescoring, which, session=session, clock=desk.place.clock, jobs=desk.place.jobs,
            actor=actor or desk.first,
        )  # fmt: skip


def settle(desk: Desk) -> int:
    place = desk.place
    with desk.runtime.transaction() as session:
        return settle_rescorings(session=session, clock=place.clock, entropy=place.entropy, jobs=place.jobs)


def read(desk: Desk) -> str:
    """Everything that anybody is told of the results, to the byte."""
    with desk.runtime.reading() as session:
        return repr([
            (results.result_of_sitting(one, session=session), final_score(one, session=session))
            for one in desk.sittings
        ])  # fmt: skip


def stored(desk: Desk) -> str:
    """The rows of scores, results, decisions and certificates as they stand."""
    tables = ("frozen_sitting", "skill_result", "award_decision", "award", "credential")
    with desk.runtime.reading() as session:
        return json.dumps(
            [[list(row) for row in session.execute(text(f"SELECT * FROM {name} ORDER BY 1"))] for name in tables],
            default=str,
        )


def confidences(desk: Desk) -> list[float]:
    with desk.runtime.reading() as session:
        found = [results.result_of_sitting(one, session=session) for one in desk.sittings]
    return [one.decision_confidence for one in found if one and one.decision_confidence is not None]


def outcomes(desk: Desk) -> list[str]:
    with desk.runtime.reading() as session:
        ids = [results.result_of_sitting(one, session=session) for one in desk.sittings]
        decided = [awards.decision_on(one.id, session=session) for one in ids if one]
    return [str(one.outcome) for one in decided if one]


def letters(desk: Desk) -> list[str]:
    return sorted(path.read_text(encoding="utf-8") for path in desk.mail.glob("resco*.eml"))


def effects(desk: Desk) -> list[Effect]:
    of = {one.found.sitting_id: one.effect for one in previewed(desk).rescored}
    return [of[one] for one in desk.sittings]


def count(desk: Desk, model: type) -> int:
    return desk.place.do(lambda session: session.scalar(select(func.count()).select_from(model))) or 0


def later(desk: Desk, days: float) -> None:
    desk.place.clock.advance(timedelta(days=days))
    desk.first, desk.second = (_proven(actor.person_id, desk.place) for actor in (desk.first, desk.second))


def test_the_preview_counts_who_keeps_loses_and_gains_and_changes_nothing(desk):
    before = stored(desk)

    preview = previewed(desk)

    assert effects(desk) == EFFECTS
    assert preview.counts == {"sittings": 8, "moves": 8, "keeps": 3, "loses": 1, "gains": 2, "none": 2}
    assert preview.sha256 == previewed(desk).sha256 != previewed(desk, "col-j01").sha256
    assert (stored(desk), count(desk, SittingCorrection)) == (before, 0)


def test_case_016_asking_changes_nothing_and_applying_changes_every_result_of_the_preview_and_no_row_below(desk):
    suspend(desk)
    before, rows, told = read(desk), stored(desk), confidences(desk)
    wanted = {one.found.sitting_id: one.found.figures for one in previewed(desk).rescored}
    rescoring = ask(desk)
    assert read(desk) == before

    apply(desk, rescoring)

    assert stored(desk) == rows
    assert confidences(desk) == [wanted[one]["probability_above"] for one in desk.sittings]
    assert all(now != then for now, then in zip(confidences(desk), told, strict=True))
    assert count(desk, SittingCorrection) == 8


def test_undone_in_time_every_result_is_what_it_was_to_the_byte_and_those_written_to_are_told(desk):
    before, rows = read(desk), stored(desk)
    rescoring = applied(desk)
    desk.work()
    assert read(desk) != before
    assert len(letters(desk)) == 8
    with desk.runtime.reading() as session:  # what was reported still comes out of what was answered
        reported = session.scalars(select(SkillResult.id)).all()
        assert [recompute_result(one, session=session) for one in reported] == [()] * len(reported)
    later(desk, 2.9)

    assert undo(desk, rescoring) == 8
    desk.work()

    assert (read(desk), stored(desk)) == (before, rows)
    assert len([one for one in letters(desk) if "Your former result stands again" in one]) == 8
    later(desk, 9)
    assert settle(desk) == 0
    assert stored(desk) == rows


def test_settled_a_refusal_that_fell_is_awarded_and_a_loser_keeps_the_certificate_and_gets_another_sitting(desk):
    rescoring = applied(desk)
    assert (outcomes(desk).count("awarded"), settle(desk)) == (4, 0), "nothing before the time to undo is over"
    later(desk, 3.1)

    assert settle(desk) == 1
    desk.work()

    assert outcomes(desk) == ["not-awarded", *["awarded"] * 6, "not-awarded"]
    assert count(desk, Credential) == 6
    with desk.runtime.reading() as session:
        assert session.scalars(select(Credential.revoked_at)).all() == [None] * 6
        granted = session.scalars(select(SittingAllowance)).one()
        assert (
            granted.person_id
            == sittings.sitting_of(
                desk.sittings[1], desk.place.sitting(desk.sittings[1]).person_id, session=session
            ).person_id
        )
    assert settle(desk) == 0
    assert count(desk, Award) == 6
    with pytest.raises(RescoringNotOpen):
        undo(desk, rescoring)


def a_reviewer(desk: Desk) -> UUID:
    place, person_id = desk.place, a_person(desk.place)
    place.do(lambda session: grant_role(person_id, "reviewer", session=session, clock=place.clock, actor=operator()))
    return person_id


def certificates_of(desk: Desk, sitting_id: UUID) -> list[dict[str, str]]:
    """What each certificate of the sitting states, the first one first."""
    query = select(Credential).where(Credential.sitting_id == sitting_id).order_by(Credential.reserved_at)
    with desk.runtime.reading() as session:
        return [told_facts(json.loads(one.unsigned_document)) for one in session.scalars(query)]


def move(desk: Desk, sitting_id: UUID, to: UUID) -> None:
    """Two reviewers move the certificate of the sitting."""
    place, people = desk.place, (a_reviewer(desk), a_reviewer(desk))
    later(desk, 1)
    first, second = (_proven(one, place, "reviewer") for one in people)
    tools = {"clock": place.clock, "entropy": place.entropy}
    with desk.runtime.transaction() as session:
        code = session.scalars(select(Credential.code).where(Credential.sitting_id == sitting_id)).one()
        address = session.get_one(Person, to).email
        why = "The complaint named another person, and the record of that day bears it out."
        change = ask_for_change(code, "move", why, to_address=address, session=session, actor=first, **tools)
    with desk.runtime.transaction() as session:
        apply_change(change, session=session, jobs=place.jobs, actor=second, **tools)
    desk.work()


def test_case_037_a_certificate_that_moves_after_a_correction_states_the_figures_it_was_earned_with(desk):
    loser = desk.sittings[EFFECTS.index(Effect.LOSES)]
    (earned,) = certificates_of(desk, loser)
    later(desk, 1)
    applied(desk)
    later(desk, 3.1)
    settle(desk)
    assert confidences(desk)[EFFECTS.index(Effect.LOSES)] < 0.5

    move(desk, loser, a_person(desk.place))

    assert certificates_of(desk, loser) == [earned, earned]
    assert float(earned["percentile-rank"]) >= 90


def test_case_037_a_certificate_that_a_correction_raised_states_the_correction(desk):
    raised = desk.sittings[EFFECTS.index(Effect.GAINS)]
    applied(desk)
    later(desk, 3.1)
    settle(desk)
    desk.work()

    (told,) = certificates_of(desk, raised)
    assert float(told["percentile-rank"]) >= 90
    move(desk, raised, a_person(desk.place))
    assert certificates_of(desk, raised) == [told, told]


def held(desk: Desk, sitting_id: UUID) -> UUID:
    """The result of the sitting as if its kinds had lain apart: nothing was awarded, and a case waits. Its id."""
    place = desk.place
    with desk.runtime.transaction() as session:
        result = results.result_of_sitting(sitting_id, session=session)
        award = session.scalars(select(Award).where(Award.result_id == result.id)).one()
        for row in (session.scalars(select(Credential).where(Credential.award_id == award.id)).one(), award):
            session.delete(row)
            session.flush()
        row = session.scalars(select(AwardDecision).where(AwardDecision.result_id == result.id)).one()
        row.outcome, row.reasons = Outcome.HELD, ["kinds-apart"]
        session.flush()
        open_held_cases(session=session, clock=place.clock, entropy=place.entropy)
        return session.scalars(select(ReviewCase.id).where(ReviewCase.sitting_id == sitting_id)).one()


def decide(desk: Desk, case_id: UUID, outcome: str) -> None:
    place = desk.place
    with desk.runtime.transaction() as session:
        decide_case(
            case_id, outcome, "I read every answer beside its question and computed it again.", minutes_spent=5,
            session=session, clock=place.clock, entropy=place.entropy, jobs=place.jobs,
            actor=_proven(a_reviewer(desk), place, "reviewer"),
        )  # fmt: skip
    desk.work()


@pytest.mark.parametrize("instead", ["re-sit", "annul"])
def test_a_hold_is_not_confirmed_once_a_correction_lies_below_the_line(desk, instead):
    loser = desk.sittings[EFFECTS.index(Effect.LOSES)]
    case_id = held(desk, loser)
    applied(desk)
    later(desk, 3.1)
    settle(desk)

    with pytest.raises(HoldRefused):
        decide(desk, case_id, "confirm")

    assert (certificates_of(desk, loser), count(desk, ReviewCase)) == ([], 1)
    decide(desk, case_id, instead)
    with desk.runtime.reading() as session:
        assert session.get_one(ReviewCase, case_id).state is State.DECIDED
    assert certificates_of(desk, loser) == []


def test_a_hold_whose_correction_stays_above_the_line_is_confirmed_as_before(desk):
    keeper = desk.sittings[EFFECTS.index(Effect.KEEPS)]
    case_id = held(desk, keeper)
    later(desk, 1)
    applied(desk)
    later(desk, 3.1)
    settle(desk)

    decide(desk, case_id, "confirm")

    (told,) = certificates_of(desk, keeper)
    with desk.runtime.reading() as session:
        result = results.result_of_sitting(keeper, session=session)
    assert told["percentile-rank"] == figures.percentile_rank(result.percentile_rank)


def test_a_corrected_sitting_is_read_against_another_line_without_the_faulty_item_too(desk):
    """Against its own line it says what its result says."""
    with desk.runtime.reading() as session:
        row = session.get_one(Sitting, desk.sittings[EFFECTS.index(Effect.LOSES)])
        own = Line(row.release_id, row.calibration_id, row.composite, row.cut, row.cut_standard_error)
    applied(desk)

    with desk.runtime.reading() as session:
        again = [read_under_line(one, own, session=session) for one in desk.sittings]

    assert again == confidences(desk)


def test_edge_027_letters_say_what_becomes_of_the_decision_without_a_figure(desk):
    applied(desk)
    desk.work()
    desk.work()

    found = letters(desk)
    assert len(found) == 8
    for words, times in (("certificate stands", 3), ("in good faith", 1), ("refusal does not stand", 2)):
        assert sum(words in letter.replace("=\n", "").replace("\n", " ") for letter in found) == times


def test_edge_027_one_person_alone_never_applies_the_rescoring(desk):
    suspend(desk)
    rescoring, place = ask(desk), desk.place

    with pytest.raises(SecondPersonNeeded):
        apply(desk, rescoring, actor=desk.first)
    latecomer = _proven(_an_item_editor(place), place)
    place.do(lambda session: session.execute(
        update(RoleGrant).where(RoleGrant.person_id == latecomer.person_id).values(
            granted_at=place.clock.now() + timedelta(seconds=1))
    ))  # fmt: skip
    with pytest.raises(SecondPersonNeeded):
        apply(desk, rescoring, actor=latecomer)
    place.do(lambda session: _one_mailbox(desk, session))
    with pytest.raises(SecondPersonNeeded):
        apply(desk, rescoring)
    with pytest.raises(IntegrityError), desk.runtime.transaction() as session:
        session.execute(update(ItemRescoring).values(applied_by=desk.first.person_id, applied_at=place.clock.now()))
    assert count(desk, SittingCorrection) == 0


def _one_mailbox(desk: Desk, session: Session) -> None:
    for person, address in ((desk.first, "same@example.org"), (desk.second, "same+two@example.org")):
        session.execute(update(Person).where(Person.id == person.person_id).values(email=address))


def test_each_step_asks_for_the_role_and_a_fresh_proof(desk):
    suspend(desk)
    stale = Actor(desk.second.person_id, "editor", frozenset({"item_editor"}), None, None)
    outsider = Actor(desk.second.person_id, "somebody", frozenset({"norm_editor"}), desk.place.clock.now())
    for actor, refusal in ((stale, ProofNotFresh), (outsider, Forbidden)):
        with pytest.raises(refusal):
            ask(desk, actor=actor)
    rescoring = ask(desk)
    for actor, refusal in ((stale, ProofNotFresh), (outsider, Forbidden)):
        with pytest.raises(refusal):
            apply(desk, rescoring, actor=actor)
    apply(desk, rescoring)
    for actor, refusal in ((stale, ProofNotFresh), (outsider, Forbidden)):
        with pytest.raises(refusal):
            undo(desk, rescoring, actor=actor)


def test_case_040_a_replayed_step_does_nothing_more(desk):
    rescoring = applied(desk)
    after, held = read(desk), count(desk, SittingCorrection)

    with pytest.raises(RescoringNotOpen):
        apply(desk, rescoring, seen="")
    with pytest.raises(RescoringOpen):
        ask(desk)
    undo(desk, rescoring)
    with pytest.raises(RescoringNotOpen):
        undo(desk, rescoring)
    with pytest.raises(RescoringNotOpen):
        apply(desk, rescoring)

    assert read(desk) != after
    assert count(desk, SittingCorrection) == held


def test_what_is_applied_is_what_was_asked_for_and_seen(desk):
    suspend(desk)
    rescoring = ask(desk)
    with pytest.raises(AnotherPreviewSeen):
        apply(desk, rescoring, seen="0" * 64)
    with desk.runtime.transaction() as session:
        session.execute(text("UPDATE frozen_sitting SET probability_above = probability_above"))
        session.execute(update(ItemRescoring).values(sha256="1" * 64))
    with pytest.raises(AnotherPreviewSeen):
        apply(desk, rescoring)
    later(desk, 8)
    with pytest.raises(RescoringNotOpen):
        apply(desk, rescoring)
    assert count(desk, SittingCorrection) == 0


def test_nothing_is_asked_for_an_item_in_use_without_a_reason_or_that_nobody_answered(desk):
    with pytest.raises(ItemNotSuspended):
        ask(desk)
    suspend(desk)
    with pytest.raises(RescoringReasonMissing):
        ask(desk, reason="  ")
    shown = {one.item_code for sitting in desk.sittings for one in desk.place.shown(sitting)}
    unseen = next(code for number in range(1, 25) if (code := f"col-s{number:02}") not in shown)
    suspend(desk, unseen)
    with pytest.raises(NothingToRescore):
        ask(desk, unseen)


@pytest.mark.parametrize("state", [ItemState.ACTIVE, ItemState.RETIRED])
def test_nothing_is_applied_once_the_item_is_not_suspended_any_more(desk, state):
    suspend(desk)
    before, rescoring = read(desk), ask(desk)
    bring(desk, state, languages=("en",))
    with pytest.raises(ItemNotSuspended):
        apply(desk, rescoring)
    assert (read(desk), count(desk, SittingCorrection)) == (before, 0)


def test_a_request_is_applied_once_its_item_is_suspended_again_whatever_another_language_is(desk):
    suspend(desk)
    rescoring = ask(desk)
    bring(desk, ItemState.ACTIVE)
    bring(desk, ItemState.SUSPENDED, languages=("en",))
    apply(desk, rescoring)
    assert count(desk, SittingCorrection) == len(PEOPLE)


@pytest.mark.parametrize("state", [ItemState.ACTIVE, ItemState.RETIRED])
def test_what_was_applied_is_undone_whatever_became_of_the_item(desk, state):
    before, rescoring = read(desk), applied(desk)
    bring(desk, state)
    assert undo(desk, rescoring) == len(PEOPLE)
    assert read(desk) == before


def test_a_second_item_leaves_the_first_out_too_and_is_undone_first(desk):
    first = applied(desk)
    once = confidences(desk)
    second = applied(desk, "col-j01")
    with desk.runtime.reading() as session:
        latest = session.scalars(select(SittingCorrection).where(SittingCorrection.rescoring_id == second)).first()
        assert latest.without == ["col-j01", FAULTY]
    assert confidences(desk) != once

    with pytest.raises(RescoringFollowed):
        undo(desk, first)
    undo(desk, second, "col-j01")
    assert confidences(desk) == once
    undo(desk, first)
    assert count(desk, SittingCorrection) == 16


def test_of_two_rescorings_previewed_together_the_later_is_looked_at_again(desk):
    """Each would leave out its own item alone: applied after the other, it would put that one's back."""
    codes = (FAULTY, "col-j01")
    for code in codes:
        suspend(desk, code)
    asked = {code: ask(desk, code) for code in codes}
    seen = {code: previewed(desk, code) for code in codes}

    apply_seen(desk, asked[FAULTY], seen[FAULTY])
    once = read(desk)
    with pytest.raises(AnotherPreviewSeen):
        apply_seen(desk, asked["col-j01"], seen["col-j01"])

    assert read(desk) == once
    assert count(desk, SittingCorrection) == len(PEOPLE)


def test_nothing_is_rescored_where_a_sitting_became_void_since_the_preview(desk):
    suspend(desk)
    rescoring, seen = ask(desk), previewed(desk)
    desk.place.do(
        lambda session: session.execute(update(Sitting).where(Sitting.id == desk.sittings[1]).values(state="void"))
    )
    with pytest.raises(AnotherPreviewSeen):
        apply_seen(desk, rescoring, seen)
    assert count(desk, SittingCorrection) == 0


def test_who_did_what_stands_in_the_audit_record(desk):
    rescoring = applied(desk)
    undo(desk, rescoring)
    kinds = ("rescoring.asked", "rescoring.applied", "rescoring.undone")
    with desk.runtime.reading() as session:
        query = select(AuditEntry.kind, AuditEntry.actor_id).where(AuditEntry.subject == str(rescoring))
        found = session.execute(query.order_by(AuditEntry.sequence)).all()
        touched = session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.kind == "sitting.corrected")
        )
    people = (desk.first, desk.second, desk.first)
    assert found == [(kind, person.person_id) for kind, person in zip(kinds, people, strict=True)]
    assert touched == 8


def test_edge_015_a_leak_alarm_leads_to_suspension_preview_and_another_sitting_and_revokes_nothing(desk: Desk):
    """From the alarm of the night's watch to the sitting outside the limit, through the hands of two people."""
    place, runtime = desk.place, desk.runtime
    with runtime.reading() as session:
        norm_id = sittings.latest_edition(SKILL, "en", session=session).norm_id
    with runtime.transaction() as session:
        tools = {"session": session, "clock": place.clock, "entropy": place.entropy, "jobs": place.jobs}
        (alarm_id,) = raise_alarms(norm_id, a_look(a_row(FAULTY, leak=True, height=7.5, shift=0.4)), **tools)
    with runtime.reading() as session:
        alarm = monitoring.alarm(alarm_id, session=session)
        assert (alarm.kind, alarm.subject) == (AlarmKind.LEAK, FAULTY)
        leaked = item_record.item_id_of(SKILL, alarm.subject, session=session)
        touched = preview_suspension([leaked], ["en"], session=session)
    assert (touched.finished, len(touched.rescored)) == (len(desk.sittings), len(desk.sittings))
    certificates = stored(desk)

    applied(desk, alarm.subject)
    with runtime.transaction() as session:
        close_alarm(alarm_id, "leaked: suspended", session=session, clock=place.clock, actor=norm_editor())
    later(desk, 3.1)
    settle(desk)

    with runtime.reading() as session:
        granted = session.scalars(select(SittingAllowance)).one()
        assert granted.person_id == place.sitting(desk.sittings[EFFECTS.index(Effect.LOSES)]).person_id
        assert session.scalar(select(func.count()).where(Award.withdrawn_at.is_not(None))) == 0
        assert session.scalar(select(func.count()).where(Credential.revoked_at.is_not(None))) == 0
        assert monitoring.open_alarms(session=session) == ()
    before, after = (json.loads(rows)[3] for rows in (certificates, stored(desk)))
    assert [row for row in before if row not in after] == []  # every award of then stands as it stood
    place.do(lambda session: start_again(granted.person_id, desk, session))


def norm_editor() -> Actor:
    return Actor(UUID(int=7), "norm editor", frozenset({"norm_editor"}))


def start_again(person_id: UUID, desk: Desk, session: Session) -> None:
    """Within the wait, which the allowance lifts."""
    place = desk.place
    start_sitting(
        person_id, SKILL, "en", honesty_statement="1", session=session, clock=place.clock, entropy=place.entropy,
        jobs=place.jobs,
    )  # fmt: skip
