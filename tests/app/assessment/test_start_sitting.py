from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.record_consent import record_consent
from app.accounts.withdraw_consent import withdraw_consent
from app.assessment.adopt_edition import adopt_edition
from app.assessment.close_expired_sittings import close_expired_sittings
from app.assessment.correct_sitting import correct_sitting
from app.assessment.corrections import scored_without
from app.assessment.end_withdrawn_sittings import end_withdrawn_sittings
from app.assessment.errors import (
    AdultsOnly,
    ConsentNeeded,
    HonestyNeeded,
    OneLanguagePerSitting,
    RetakeTooSoon,
    SkillNotOpen,
    TooFewNewItems,
    YearlyLimitReached,
)
from app.assessment.final_scores import final_score
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import PINNED, Edition, Sitting, State, Stop
from app.assessment.policy import SittingPolicy
from app.assessment.queries import latest_edition
from app.assessment.replay_sitting import replay_sitting
from app.assessment.rules import months_between
from app.assessment.start_sitting import Started, start_sitting
from app.assessment.undo_corrections import undo_corrections
from app.assessment.void_sitting import void_sitting
from app.foundation.access import Actor, operator
from app.item_bank import item_record
from app.item_bank.models import Calibration
from tests.app.assessment.builders import (
    SKILL,
    Place,
    SimulatedPerson,
    a_normed_skill,
    a_person,
    a_policy,
    all_at_once,
    take,
)
from tests.meanwhile import PATIENCE_SECONDS, meanwhile

ROUNDS = pytest.mark.parametrize("rounds", [5, pytest.param(100, marks=pytest.mark.long)])
PARALLEL = 8
POLICY = SittingPolicy()


def _leave(place: Place, person_id: UUID, sitting_id: UUID) -> Sitting:
    return place.do(
        lambda session: leave_sitting(
            sitting_id, person_id=person_id, session=session, clock=place.clock, jobs=place.jobs
        )
    )


def _left_early(place: Place, person_id: UUID) -> UUID:
    sitting_id = place.start(person_id).sitting_id
    _leave(place, person_id, sitting_id)
    return sitting_id


def test_a_sitting_copies_its_edition_draws_a_seed_and_stores_its_first_item(place: Place) -> None:
    a_normed_skill(place)
    started = place.start(a_person(place))
    assert started.is_new
    sitting = place.sitting(started.sitting_id)
    edition = place.do(lambda session: latest_edition(SKILL, "en", session=session))
    assert edition is not None
    assert {name: getattr(sitting, name) for name in PINNED} == {name: getattr(edition, name) for name in PINNED}
    assert (sitting.state, sitting.policy_version, sitting.first_of_skill) == (State.OPEN, 0, True)
    assert sitting.provisional_key
    assert sitting.honesty_statement_version == "1"
    assert [shown.position for shown in place.shown(sitting.id)] == [1]


def test_an_open_sitting_is_come_back_to_instead_of_beginning_another(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    first = place.start(person_id)
    place.clock.advance(timedelta(days=7))
    assert place.start(person_id) == Started(first.sitting_id, is_new=False)


@ROUNDS
def test_case_021_eight_parallel_starts_open_one_sitting(place: Place, rounds: int) -> None:
    a_normed_skill(place)
    for _ in range(rounds):
        person_id = a_person(place)
        outcomes = all_at_once(PARALLEL, lambda _, who=person_id: place.start(who))
        assert all(isinstance(outcome, Started) for outcome in outcomes), outcomes
        assert len({outcome.sitting_id for outcome in outcomes}) == 1  # type: ignore[union-attr]
        assert sum(outcome.is_new for outcome in outcomes) == 1  # type: ignore[union-attr]
        mine = [sitting for sitting in place.sittings() if sitting.person_id == person_id]
        assert [sitting.state for sitting in mine] == [State.OPEN]


@ROUNDS
def test_case_022_of_eight_parallel_starts_with_one_left_in_the_year_one_succeeds(place: Place, rounds: int) -> None:
    a_normed_skill(place)
    a_policy(place, first_wait_days=0, later_wait_days=0)
    for _ in range(rounds):
        person_id = a_person(place)
        for _ in range(2):
            _left_early(place, person_id)
            place.clock.advance(timedelta(minutes=1))

        def start_and_leave(_: int, who: UUID = person_id) -> Started:
            started = place.start(who)
            _leave(place, who, started.sitting_id)
            return started

        outcomes = all_at_once(PARALLEL, start_and_leave)
        assert len([outcome for outcome in outcomes if isinstance(outcome, Started) and outcome.is_new]) == 1
        assert all(isinstance(outcome, Started | YearlyLimitReached) for outcome in outcomes), outcomes
        assert len([sitting for sitting in place.sittings() if sitting.person_id == person_id]) == 3


def test_case_090_the_database_itself_admits_one_open_sitting_per_person_and_skill(place: Place) -> None:
    a_normed_skill(place)
    started = place.start(a_person(place))
    copied = place.sitting(started.sitting_id)
    columns = {column.key: getattr(copied, column.key) for column in Sitting.__table__.columns}
    twin = Sitting(**{**columns, "id": place.entropy.uuid()})
    with pytest.raises(IntegrityError):
        place.do(lambda session: (session.add(twin), session.flush()))


@pytest.mark.parametrize(("days", "allowed"), [(29, False), (30, True)])
def test_a_retake_is_refused_at_29_days_and_allowed_at_30(place: Place, days: int, *, allowed: bool) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    _left_early(place, person_id)
    place.clock.advance(timedelta(days=days))
    if allowed:
        assert place.start(person_id).is_new
        assert not place.sittings()[-1].first_of_skill
    else:
        with pytest.raises(RetakeTooSoon):
            place.start(person_id)


@pytest.mark.parametrize(("days", "allowed"), [(89, False), (90, True)])
def test_the_third_sitting_is_refused_at_89_days_and_allowed_at_90(place: Place, days: int, *, allowed: bool) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    _left_early(place, person_id)
    place.clock.advance(timedelta(days=30))
    _left_early(place, person_id)
    place.clock.advance(timedelta(days=days))
    if allowed:
        assert place.start(person_id).is_new
    else:
        with pytest.raises(RetakeTooSoon):
            place.start(person_id)


def test_the_fourth_sitting_in_twelve_months_is_refused_and_the_day_it_may_begin_is_named(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    first_at = place.clock.now()
    for days in (30, 90, 90):
        _left_early(place, person_id)
        place.clock.advance(timedelta(days=days))
    with pytest.raises(YearlyLimitReached) as refusal:
        place.start(person_id)
    assert refusal.value.from_at == first_at.replace(year=first_at.year + 1)
    place.clock.instant = refusal.value.from_at
    assert place.start(person_id).is_new


def test_a_void_sitting_counts_for_nothing(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    sitting_id = place.start(person_id).sitting_id
    voided = place.do(
        lambda session: void_sitting(
            sitting_id, cause="power cut", session=session, clock=place.clock, actor=operator()
        )
    )
    assert (voided.state, voided.stop_reason) == (State.VOID, Stop.TECHNICAL)
    assert place.start(person_id).is_new
    assert place.sittings()[-1].first_of_skill


def test_a_retake_starts_from_the_decayed_posterior_and_shows_no_scenario_again(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person_id = a_person(place)
    first_id = take(place, person_id, SimulatedPerson(place, -1.0, -1.0).answer)
    place.clock.advance(timedelta(days=30))
    second = place.sitting(take(place, person_id, SimulatedPerson(place, -1.0, -1.0, seed=1).answer))
    seen, again = place.shown(first_id), place.shown(second.id)
    assert second.prior is not None
    assert second.prior["mean"][0] < 0
    assert second.prior["covariance"][0][0] < 1
    assert not {shown.item_code for shown in seen if shown.kind == "scenario"} & {shown.item_code for shown in again}
    statements = {shown.item_code for shown in seen if shown.kind == "statement"}
    assert len(statements & {shown.item_code for shown in again}) <= 0.2 * len(statements)


def test_sittings_left_in_between_make_no_statement_of_the_completed_one_new(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    a_policy(place, scenario_repeat_months=1)
    person_id = a_person(place)
    seen = _statements(place, take(place, person_id, SimulatedPerson(place, 1.1, 1.1).answer))
    allowed = len(seen) // 5
    for _ in range(2):
        place.clock.advance(timedelta(days=200))
        left_id = take(place, person_id, SimulatedPerson(place, 1.1, 1.1, seed=1).answer, most=3)
        _leave(place, person_id, left_id)
        assert place.sitting(left_id).state == State.ABANDONED
        assert len(seen - set(place.sitting(left_id).avoided_items)) == allowed
    place.clock.advance(timedelta(days=200))
    last_id = take(place, person_id, SimulatedPerson(place, 1.1, 1.1, seed=2).answer)
    assert len(seen - set(place.sitting(last_id).avoided_items)) == allowed
    assert len(seen & _statements(place, last_id)) <= allowed


def test_where_no_sitting_was_completed_a_fifth_of_what_all_of_them_showed_may_come_again(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person_id, seen = a_person(place), set()
    for _ in range(2):
        left_id = take(place, person_id, SimulatedPerson(place, 0, 0).answer, most=6)
        _leave(place, person_id, left_id)
        seen |= _statements(place, left_id)
        place.clock.advance(timedelta(days=100))
    avoided = set(place.sitting(place.start(person_id).sitting_id).avoided_items)
    assert len(seen) > 5
    assert len(seen - avoided) == len(seen) // 5


def _statements(place: Place, sitting_id: UUID) -> set[str]:
    return {shown.item_code for shown in place.shown(sitting_id) if shown.kind == "statement"}


@pytest.mark.parametrize("is_undone", [False, True])
def test_a_retake_starts_from_what_the_former_sitting_says_since_it_was_corrected(
    place: Place, *, is_undone: bool
) -> None:
    a_normed_skill(place, scenario_slope=2.5)
    person_id, person = a_person(place), SimulatedPerson(place, 1.0, 1.0, seed=3)
    first_id = take(place, person_id, person.answer)
    frozen = place.do(lambda session: final_score(first_id, session=session))
    rescoring_id = _corrected(place, first_id)
    if is_undone:
        undone = {"clock": place.clock, "actor": operator()}
        place.do(lambda session: undo_corrections(rescoring_id, session=session, **undone))
    stands = place.do(lambda session: final_score(first_id, session=session))
    assert (stands.judgement_theta == frozen.judgement_theta) is is_undone
    place.clock.advance(timedelta(days=200))
    second = place.sitting(take(place, person_id, person.answer))
    kept = POLICY.retention_per_month ** months_between(stands.completed_at, second.started_at)
    assert second.prior is not None
    assert second.prior["mean"] == pytest.approx([kept * stands.judgement_theta, kept * stands.self_report_theta])
    assert second.prior["covariance"][0][1] == pytest.approx(
        kept**2 * stands.kinds_covariance[0][1] + (1 - kept**2) * POLICY.kinds_correlation
    )
    assert place.do(lambda session: replay_sitting(second.id, session=session)).matches


def test_a_retake_passes_over_what_was_said_on_another_scale(place: Place) -> None:
    """The second of two is on another calibration's scale: the third starts from the first, longer faded."""
    a_normed_skill(place, scenario_slope=1.5)
    own = place.do(lambda session: latest_edition(SKILL, "en", session=session))
    person_id = a_person(place)
    first = place.sitting(take(place, person_id, SimulatedPerson(place, 1.0, 1.0).answer))
    a_normed_skill(place, scenario_slope=2.5)
    place.clock.advance(timedelta(days=30))
    second = place.sitting(take(place, person_id, SimulatedPerson(place, 1.0, 1.0).answer))
    assert second.prior is None
    place.do(lambda session: _adopt_again(own, own.calibration_id, place, session=session))
    place.clock.advance(timedelta(days=90))
    third = place.sitting(place.start(person_id).sitting_id)
    theta = place.do(lambda session: final_score(first.id, session=session)).judgement_theta
    kept = POLICY.retention_per_month ** months_between(first.completed_at, third.started_at)
    assert third.prior is not None
    assert third.prior["mean"][0] == pytest.approx(kept * theta)


def test_a_retake_starts_from_a_sitting_under_a_calibration_that_its_own_extends(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    own = place.do(lambda session: latest_edition(SKILL, "en", session=session))
    person_id = a_person(place)
    take(place, person_id, SimulatedPerson(place, 1.0, 1.0).answer)
    place.do(lambda session: _adopt_again(own, _extended(own, place, session=session), place, session=session))
    place.clock.advance(timedelta(days=30))
    assert place.sitting(place.start(person_id).sitting_id).prior is not None


def _extended(edition: Edition, place: Place, *, session: Session) -> UUID:
    """A calibration with the same items, that says it is on the scale of the edition's."""
    former = session.get_one(Calibration, edition.calibration_id)
    columns = {column.key: getattr(former, column.key) for column in Calibration.__table__.columns}
    session.add(Calibration(**{**columns, "id": place.entropy.uuid(), "extends_id": former.id}))
    session.flush()
    return session.scalars(select(Calibration.id).where(Calibration.extends_id == former.id)).one()


def _adopt_again(edition: Edition, calibration_id: UUID, place: Place, *, session: Session) -> None:
    adopt_edition(
        edition.skill, edition.language, edition.release_id, calibration_id, norm_id=place.entropy.uuid(),
        cut=edition.cut, cut_standard_error=edition.cut_standard_error, session=session, at=place.clock.now(),
    )  # fmt: skip


def _corrected(place: Place, sitting_id: UUID) -> UUID:
    """Leave the first scenario out of a finished sitting, by a decision with this id."""
    code = next(shown.item_code for shown in place.shown(sitting_id) if shown.kind == "scenario")
    rescoring_id = place.entropy.uuid()

    def correct(session: Session) -> None:
        item_id = item_record.item_id_of(SKILL, code, session=session)
        (found,) = scored_without(code, [item_id], ["en"], session=session)
        tools = {"clock": place.clock, "entropy": place.entropy, "actor": operator()}
        until = place.clock.now()
        told = {"effect": "none", "is_told": False, "undo_until": until}
        assert correct_sitting(found, rescoring_id, code=code, **told, session=session, **tools)

    place.do(correct)
    return rescoring_id


def test_a_sitting_that_was_not_come_back_to_ends_when_its_time_was_over(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    forgotten = place.start(person_id).sitting_id
    place.clock.advance(timedelta(days=37))
    assert place.start(person_id).is_new
    ended = place.sitting(forgotten)
    assert (ended.state, ended.stop_reason) == (State.ABANDONED, Stop.EXPIRED)
    assert ended.completed_at == ended.resumable_until


def test_a_retake_without_enough_new_items_is_refused_before_it_counts(place: Place) -> None:
    a_normed_skill(place)
    a_policy(place, most_statement_overlap=0.0, fewest_units_for_result=25, scenario_repeat_months=5)
    person_id = a_person(place)
    take(place, person_id, SimulatedPerson(place, 0, 0).answer, most=12)
    if place.sittings()[0].state == State.OPEN:
        _leave(place, person_id, place.sittings()[0].id)
    place.clock.advance(timedelta(days=30))
    with pytest.raises(TooFewNewItems, match="shown again 5 months after"):
        place.start(person_id)
    assert len(place.sittings()) == 1


def test_who_helped_to_found_the_norm_may_sit_as_soon_as_it_exists_and_starts_from_nothing(place: Place) -> None:
    a_normed_skill(place, with_norm=False)
    person_id = a_person(place)
    take(place, person_id, SimulatedPerson(place, 0, 0).answer)
    with pytest.raises(RetakeTooSoon):
        place.start(person_id)
    a_normed_skill(place)
    assert place.start(person_id).is_new
    assert place.sittings()[-1].prior is None


def test_the_worker_ends_forgotten_sittings_and_leaves_the_others_alone(place: Place) -> None:
    a_normed_skill(place)
    forgotten = place.start(a_person(place)).sitting_id
    place.clock.advance(timedelta(days=7, minutes=11))
    fresh = place.start(a_person(place)).sitting_id
    ended = place.do(lambda session: close_expired_sittings(session=session, clock=place.clock, jobs=place.jobs))
    assert ended == 1
    assert place.sitting(forgotten).stop_reason == Stop.EXPIRED
    assert place.sitting(fresh).state == State.OPEN


def test_nobody_sits_without_consent_an_adult_age_or_a_word_on_honesty(place: Place) -> None:
    a_normed_skill(place)
    with pytest.raises(ConsentNeeded):
        place.start(a_person(place, consents=("norm_use",)))
    with pytest.raises(AdultsOnly):
        place.start(a_person(place, adult=False))
    with pytest.raises(HonestyNeeded):
        place.start(a_person(place), honesty=None)
    assert place.sittings() == []


def test_norm_use_is_a_consent_of_its_own(place: Place) -> None:
    a_normed_skill(place)
    assert place.start(a_person(place, consents=("assessment",))).is_new


def test_a_skill_without_an_edition_in_the_language_is_not_open(place: Place) -> None:
    with pytest.raises(SkillNotOpen):
        place.start(a_person(place), skill="empathy")


def test_edge_033_an_open_sitting_keeps_its_language(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    place.start(person_id, language="fr")
    with pytest.raises(OneLanguagePerSitting):
        place.start(person_id, language="en")


def test_edge_036_consent_withdrawn_in_the_middle_ends_the_sitting_and_erases_it(place: Place) -> None:
    a_normed_skill(place)
    person_id, person = a_person(place), SimulatedPerson(place, 0, 0)
    sitting_id = place.start(person_id).sitting_id
    for position in (1, 2, 3):
        place.respond(person_id, sitting_id, position, person.answer(place.shown(sitting_id)[-1].item_code))
    before = place.clock.now()
    place.clock.advance(timedelta(minutes=1))
    _withdraw(place, person_id)
    answer = person.answer(place.shown(sitting_id)[-1].item_code)
    with pytest.raises(ConsentNeeded):  # even before the job has come
        place.respond(person_id, sitting_id, 4, answer)

    _, arguments = next(job for job in place.jobs.enqueued.values() if job[0] == "end_withdrawn_sittings")
    for _ in range(2):  # a job may come twice
        place.do(
            lambda session: end_withdrawn_sittings(
                UUID(arguments["person_id"]),
                withdrawn_at=datetime.fromisoformat(arguments["withdrawn_at"]),
                session=session,
            )
        )
    assert (place.kept(sitting_id), place.shown(sitting_id)) == ([], [])
    ended = place.sitting(sitting_id)
    assert (ended.state, ended.stop_reason) == ("abandoned", "consent-withdrawn")
    assert before < ended.completed_at == place.clock.now()
    assert "report_result" not in place.jobs.names()


def test_edge_036_taking_consent_back_ends_no_wait_and_touches_no_later_sitting(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    first = place.start(person_id).sitting_id
    _withdraw(place, person_id)
    withdrawn_at = place.clock.now()
    place.do(lambda session: end_withdrawn_sittings(person_id, withdrawn_at=withdrawn_at, session=session))
    _consent(place, person_id)
    with pytest.raises(RetakeTooSoon):
        place.start(person_id)
    place.clock.advance(timedelta(days=31))
    second = place.start(person_id).sitting_id
    place.do(lambda session: end_withdrawn_sittings(person_id, withdrawn_at=withdrawn_at, session=session))
    assert second != first
    assert place.sitting(second).is_open


def _start(place: Place, person_id: UUID, session: Session) -> Started:
    return start_sitting(
        person_id, SKILL, "en", honesty_statement="1", session=session, clock=place.clock, entropy=place.entropy,
        jobs=place.jobs,
    )  # fmt: skip


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nothing_begins_under_a_consent_that_is_taken_back_meanwhile(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)
    with place.database.transaction() as session:
        withdraw_consent(person_id, "assessment", session=session, clock=place.clock, jobs=place.jobs,
                         actor=Actor(person_id, "person"))  # fmt: skip
        beginning = meanwhile(lambda: place.start(person_id), place.database)
    with pytest.raises(ConsentNeeded):
        beginning.result(PATIENCE_SECONDS)
    assert place.sittings() == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_is_beginning_while_consent_is_taken_back_ends(place: Place) -> None:
    a_normed_skill(place)
    person_id = a_person(place)

    def take_back() -> None:
        _withdraw(place, person_id)
        at = place.clock.now()
        place.do(lambda session: end_withdrawn_sittings(person_id, withdrawn_at=at, session=session))

    with place.database.transaction() as session:
        started = _start(place, person_id, session)
        session.flush()
        taking_back = meanwhile(take_back, place.database)
    taking_back.result(PATIENCE_SECONDS)
    assert not place.sitting(started.sitting_id).is_open


def _withdraw(place: Place, person_id: UUID) -> None:
    actor = Actor(person_id, "person")
    place.do(
        lambda session: withdraw_consent(
            person_id, "assessment", session=session, clock=place.clock, actor=actor, jobs=place.jobs
        )
    )


def _consent(place: Place, person_id: UUID) -> None:
    given = {"clock": place.clock, "entropy": place.entropy, "actor": Actor(person_id, "person")}
    place.do(lambda session: record_consent(person_id, "assessment", 1, session=session, **given))


def test_a_beginning_asks_in_the_same_words_however_often_somebody_sat(place: Place) -> None:
    """A list of former sittings would be a new statement for each length, which every connection keeps."""
    a_normed_skill(place)
    a_policy(place, first_wait_days=0, later_wait_days=0, most_sittings=9)
    person_id = a_person(place)
    said: list[set[str]] = []

    def note(_connection, _cursor, statement, *_) -> None:
        said[-1].add(statement)

    event.listen(place.database.writing, "before_cursor_execute", note)
    for _ in range(5):
        said.append(set())
        _left_early(place, person_id)
    event.remove(place.database.writing, "before_cursor_execute", note)
    assert said[4] == said[2]
