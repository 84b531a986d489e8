"""A candidate reports a problem with an item: it is replaced at once, counts for nothing, and people judge it later."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.assessment import item_reports
from app.assessment.erase_sittings import erase_sittings
from app.assessment.errors import (
    PositionClosed,
    ReportInvalid,
    ReportJudged,
    ReportNotFound,
    SittingClosed,
    SittingExpired,
    SittingNotFound,
    TooManyReports,
)
from app.assessment.final_scores import final_score
from app.assessment.item_reports import ReportView
from app.assessment.judge_report import KEPT, SUSPENDED, judge_report
from app.assessment.models import Sitting
from app.assessment.report_item import report_item
from app.foundation.access import Actor, Forbidden
from app.foundation.audit import AuditEntry
from app.foundation.db import Base
from app.item_bank import item_record
from app.item_bank.errors import ReasonMissing
from app.item_bank.item_states import ItemState
from tests.app.assessment.builders import Place, SimulatedPerson, a_normed_skill, a_person, all_at_once, take
from tests.app.assessment.test_item_states import codes, finish, page_of, replays, units

on_sqlite_alone = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part


@pytest.fixture
def person(place: Place) -> SimulatedPerson:
    a_normed_skill(place, scenario_slope=1.5)
    return SimulatedPerson(place, 0.6, 0.6)


def report(
    place: Place, me: UUID, sitting_id: UUID, position: int, problem: str = "unclear", words: str = ""
) -> Sitting:
    return place.do(
        lambda session: report_item(
            sitting_id,
            position,
            problem,
            words,
            person_id=me,
            session=session,
            clock=place.clock,
            entropy=place.entropy,
            jobs=place.jobs,
        )
    )


def reports(place: Place, sitting_id: UUID, position: int) -> tuple[ReportView, ...]:
    item_id = place.shown(sitting_id)[position - 1].item_id
    return place.do(lambda session: item_reports.reports_of([item_id], session=session))


def judge(place: Place, report_id: UUID, verdict, reason: str = "two options say the same", role: str = "item_editor"):
    actor = Actor(a_person(place), "editor", frozenset({role}), place.clock.now())
    place.do(
        lambda session: judge_report(report_id, verdict, reason=reason, session=session, clock=place.clock, actor=actor)
    )


def test_a_reported_item_is_replaced_at_once_and_counts_for_nothing(place: Place, person) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=3)
    bad = codes(place, sitting_id)[3]
    place.respond(me, sitting_id, 4, person.answer(bad), confirm=False)
    report(place, me, sitting_id, 4, "error", "  Two options are the same. ")
    page = page_of(place, me, sitting_id)
    assert (page.position, page.item.code != bad) == (5, True)
    finish(place, me, sitting_id, person)
    assert units(place, sitting_id)[bad][1] is None
    assert units(place, sitting_id)[bad][3] == "out"
    scored = [row for row in units(place, sitting_id).values() if len(row) == 3 and row[1] is not None]
    assert place.do(lambda session: final_score(sitting_id, session=session)).units == len(scored)
    assert replays(place, sitting_id) == ()
    (kept,) = reports(place, sitting_id, 4)
    assert (kept.problem, kept.words, kept.language, kept.verdict) == ("error", "Two options are the same.", "en", None)


def test_reporting_twice_or_from_eight_windows_takes_one_item_out(place: Place, person) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=2)
    outcomes = all_at_once(8, lambda _number: report(place, me, sitting_id, 3))
    assert all(isinstance(outcome, Sitting) for outcome in outcomes), outcomes
    assert len(codes(place, sitting_id)) == 4
    assert len(reports(place, sitting_id, 3)) == 1


@on_sqlite_alone
def test_only_the_current_item_of_ones_own_open_sitting_can_be_reported(place: Place, person) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=2)
    for position in (1, 2, 4, 0):
        with pytest.raises(PositionClosed):
            report(place, me, sitting_id, position)
    with pytest.raises(SittingNotFound):
        report(place, a_person(place), sitting_id, 3)
    for problem, words in (("rude", ""), ("", ""), ("other", "x" * 1001)):
        with pytest.raises(ReportInvalid):
            report(place, me, sitting_id, 3, problem, words)
    place.clock.advance(timedelta(days=8))
    with pytest.raises(SittingExpired):
        report(place, me, sitting_id, 3)
    other = a_person(place)
    ended = take(place, other, person.answer)
    with pytest.raises(SittingClosed):
        report(place, other, ended, len(codes(place, ended)))
    assert len(codes(place, sitting_id)) == 3


@on_sqlite_alone
def test_nobody_chooses_their_items_by_reporting(place: Place, person) -> None:
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=1)
    for position in (2, 3, 4):
        report(place, me, sitting_id, position)
    with pytest.raises(TooManyReports, match="3 questions"):
        report(place, me, sitting_id, 5)
    assert len(codes(place, sitting_id)) == 5
    finish(place, me, sitting_id, person)
    assert replays(place, sitting_id) == ()


@on_sqlite_alone
def test_a_report_is_judged_once_with_a_reason_and_may_suspend_the_item_in_its_language(place: Place, person) -> None:
    me, other = a_person(place), a_person(place)
    mine, theirs = take(place, me, person.answer, most=0), take(place, other, person.answer, most=1, language="fr")
    first, second = place.shown(mine)[-1], place.shown(theirs)[-1]
    report(place, me, mine, 1)
    report(place, other, theirs, 2, "unfair")
    (kept,), (bad,) = reports(place, mine, 1), reports(place, theirs, 2)
    with pytest.raises(Forbidden):
        judge(place, kept.id, KEPT, role="norm_editor")
    with pytest.raises(ReasonMissing):
        judge(place, kept.id, KEPT, reason=" ")
    with pytest.raises(ReportNotFound):
        judge(place, me, KEPT)
    judge(place, kept.id, KEPT, reason="it is clear enough")
    judge(place, bad.id, SUSPENDED)
    with pytest.raises(ReportJudged):
        judge(place, bad.id, KEPT)
    states = [
        place.do(lambda session, of=of, language=language: item_record.standing(of, language, session=session)).state
        for of, language in ((first.item_id, "en"), (second.item_id, "fr"), (second.item_id, "en"))
    ]
    assert states == [ItemState.ACTIVE, ItemState.SUSPENDED, ItemState.ACTIVE]
    (judged,) = reports(place, theirs, 2)
    assert (judged.verdict, judged.reason) == ("suspended", "two options say the same")
    kinds = place.do(lambda session: [entry.kind for entry in session.query(AuditEntry)])
    assert (kinds.count("item.reported"), kinds.count("item.report_judged")) == (2, 2)
    written = place.do(lambda session: [str(entry.detail) for entry in session.query(AuditEntry)])
    assert not any("say the same" in detail or "clear enough" in detail for detail in written)


def test_what_is_said_of_a_report_goes_with_its_person_and_never_stands_in_the_record_of_the_item(place, person):
    me = a_person(place)
    sitting_id = take(place, me, person.answer, most=1)
    item_id = place.shown(sitting_id)[-1].item_id
    report(place, me, sitting_id, 2, words="I am Ada Lovelace")
    (reported,) = reports(place, sitting_id, 2)
    judge(place, reported.id, SUSPENDED, reason="Ada Lovelace is right")
    (step,) = place.do(lambda session: item_record.steps_of(item_id, session=session))
    assert (step.state, step.report) == (ItemState.SUSPENDED, str(reported.id))
    lineage = place.entropy.uuid()
    place.do(lambda session: erase_sittings(me, lineage, session=session, clock=place.clock))
    with place.database.reading() as session:
        kept = [row for table in Base.metadata.sorted_tables for row in session.execute(select(table)).all()]
    assert "Lovelace" not in str(kept)
