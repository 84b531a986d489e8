"""Publication is one switch: the old norm in force or the new one whole, and nothing begun changes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier, Thread

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.assessment.models import Edition
from app.foundation import policies
from app.foundation.access import Actor, Forbidden, operator, system
from app.foundation.audit import AuditEntry
from app.norming import queries
from app.norming.errors import NormAltered, NormNotApproved, NormNotDue, TooSoon, WindowOutgrown
from app.norming.models import NormState, NormVersion
from app.norming.policy import NormPolicy
from app.norming.publish_due_norms import publish_due_norms
from app.norming.publish_norm import publish_norm
from app.norming.schedule_norm import schedule_norm
from app.norming.snapshot import sha256_of
from app.norming.stop_norm import stop_norm
from tests.app.norming.builders import (
    EDITOR_ID,
    OF_FOUNDERS,
    OF_SITTINGS,
    SKILL,
    a_calibrated_sample,
    a_certifying_norm,
    a_described_mapping,
    a_norm,
    people,
)
from tests.killed_child import killed_before, rows_of


@pytest.fixture
def staff(session, clock):
    return people(session, clock.now())


@pytest.fixture
def run(session, clock, entropy):
    return a_calibrated_sample(session, clock, entropy)


def test_publishing_a_norm_supersedes_the_former_one(session, clock, entropy, staff, run):
    former = a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)

    publish_norm(norm.id, session=session, clock=clock, actor=system())

    assert (norm.state, norm.published_at) == (NormState.PUBLISHED, clock.now())
    assert (former.state, former.superseded_at) == (NormState.SUPERSEDED, clock.now())


def test_the_first_norm_of_sittings_supersedes_the_norm_of_the_founders(session, clock, entropy, staff):
    """They describe other people, and sittings are pinned to one of them alone."""
    a_calibrated_sample(session, clock, entropy, **OF_FOUNDERS)
    founders = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(founders.id, session=session, clock=clock, actor=system())
    a_calibrated_sample(session, clock, entropy, **OF_SITTINGS)
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(norm.id, session=session, clock=clock, actor=system())
    session.expire_all()
    assert norm.norm_group_id != founders.norm_group_id
    assert (founders.state, founders.superseded_at) == (NormState.SUPERSEDED, clock.now())
    assert [view.id for view in queries.published(SKILL, "en", session=session)] == [norm.id]
    assert session.scalars(select(Edition).order_by(Edition.id.desc())).first().norm_id == norm.id
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == str(norm.id))).all()[-1]
    assert (entry.kind, entry.detail["former"]) == ("norm.published", str(founders.id))


def test_a_norm_in_another_language_leaves_the_one_in_force(session, clock, entropy, staff, run):
    english = a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    items = {f"P{i:02d}": {"en": f"Statement {i}", "fr": f"Affirmation {i}"} for i in range(10)}
    a_calibrated_sample(session, clock, entropy, mapping=a_described_mapping(items=items, language="fr"))
    french = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(french.id, session=session, clock=clock, actor=system())
    assert (english.state, french.state) == (NormState.PUBLISHED, NormState.PUBLISHED)


def test_the_database_admits_one_published_norm_whatever_people_it_describes(session, clock, entropy, staff):
    for sample in (OF_FOUNDERS, OF_SITTINGS):
        a_calibrated_sample(session, clock, entropy, **sample)
        norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
        if sample is OF_FOUNDERS:
            publish_norm(norm.id, session=session, clock=clock, actor=system())
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(NormVersion).where(NormVersion.id == norm.id).values(state=NormState.PUBLISHED))


def test_two_norms_of_two_groups_published_at_once_leave_one_in_force(database, clock, entropy):
    with database.transaction() as session:
        staff = people(session, clock.now())
        due = []
        for sample in (OF_FOUNDERS, OF_SITTINGS):
            a_calibrated_sample(session, clock, entropy, **sample)
            due.append(a_norm(session, clock, entropy, *staff, NormState.SCHEDULED).id)
    together = Barrier(len(due))

    def publish(norm_id):
        with suppress(IntegrityError), database.transaction() as session:  # refused by the index: it stays scheduled
            together.wait()
            publish_norm(norm_id, session=session, clock=clock, actor=system())

    at_once = [Thread(target=publish, args=(norm_id,)) for norm_id in due]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    published, pinned = _state_of(database)
    assert published == pinned
    with database.transaction() as session:
        publish_due_norms(session=session, clock=clock, actor=system())
        states = session.scalars(select(NormVersion.state)).all()
    assert sorted(states) == [NormState.PUBLISHED, NormState.SUPERSEDED]


def test_the_edition_carries_what_the_norm_says(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(norm.id, session=session, clock=clock, actor=operator())
    edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
    assert edition is not None
    assert (edition.skill, edition.language, edition.norm_id) == (SKILL, "en", norm.id)
    assert (edition.cut, edition.cut_standard_error) == (norm.cut, norm.cut_standard_error)
    assert (edition.release_id, edition.calibration_id) == (run.sample.release_id, run.calibration_id)
    assert (edition.may_certify, edition.demo, edition.norm_count) == (norm.may_certify, norm.demo, norm.n)
    assert edition.composite == {"weights": [0.0, 1.0], "correlation": 0.0, "masses": norm.composite["masses"]}


def test_a_prior_taken_from_a_norm_in_force_and_hashed_anew_is_noticed_by_its_edition(
    session, clock, entropy, staff, run
):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(norm.id, session=session, clock=clock, actor=operator())
    assert queries.editions_apart(session=session) == ()
    on_table = "" if session.get_bind().dialect.name == "sqlite" else " ON norm_version"
    session.execute(text(f"DROP TRIGGER norm_version_no_edit{on_table}"))
    norm.composite = {name: value for name, value in norm.composite.items() if name != "masses"}
    norm.sha256 = norm.approved_sha256 = sha256_of(norm)
    session.flush()
    (named,) = queries.editions_apart(session=session)
    assert named.startswith(f"{SKILL} en ")


def test_a_norm_that_is_not_due_leaves_the_former_one_in_force(session, clock, entropy, staff, run):
    former = a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    norm = a_norm(session, clock, entropy, *staff, NormState.APPROVED)
    schedule_norm(norm.id, session=session, clock=clock, actor=operator())
    with pytest.raises(NormNotDue):
        publish_norm(norm.id, session=session, clock=clock, actor=operator())
    assert (former.state, norm.state) == (NormState.PUBLISHED, NormState.SCHEDULED)


def test_a_scheduled_norm_takes_effect_after_the_delay_of_the_policy(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.APPROVED)
    schedule_norm(norm.id, session=session, clock=clock, actor=staff[0])
    assert norm.takes_effect_at == clock.now() + timedelta(hours=24)
    clock.advance(timedelta(hours=24, seconds=-1))
    assert publish_due_norms(session=session, clock=clock, actor=system()) == ()
    clock.advance(timedelta(seconds=1))
    assert publish_due_norms(session=session, clock=clock, actor=system()) == (norm.id,)
    assert publish_due_norms(session=session, clock=clock, actor=system()) == ()
    assert norm.published_at == clock.now()


def test_an_hour_inside_the_delay_is_refused(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.APPROVED)
    for wanted in (clock.now(), clock.now() + timedelta(hours=23, minutes=59)):
        with pytest.raises(TooSoon):
            schedule_norm(norm.id, session=session, clock=clock, actor=staff[0], takes_effect_at=wanted)
    later = clock.now() + timedelta(days=3)
    assert (
        schedule_norm(norm.id, session=session, clock=clock, actor=staff[0], takes_effect_at=later).takes_effect_at
        == later
    )


def test_only_the_policy_can_shorten_the_delay(session, clock, entropy, staff, run):
    policies.set_policy(NormPolicy, {"activation_delay_hours": 0}, session=session, at=clock.now(), actor=operator())
    norm = a_norm(session, clock, entropy, *staff, NormState.APPROVED)
    schedule_norm(norm.id, session=session, clock=clock, actor=staff[0])
    assert publish_due_norms(session=session, clock=clock, actor=system()) == (norm.id,)


def test_no_hour_is_given_to_a_norm_for_awards_that_its_window_does_not_reach(session, clock, entropy, staff):
    norm = a_certifying_norm(session, clock, entropy, *staff, NormState.APPROVED)
    last = datetime(2028, 1, 10, 23, 59, tzinfo=UTC)  # its first response is of 10 January 2026
    with pytest.raises(WindowOutgrown, match="younger responses"):
        schedule_norm(
            norm.id, session=session, clock=clock, actor=staff[0], takes_effect_at=last + timedelta(minutes=1)
        )
    schedule_norm(norm.id, session=session, clock=clock, actor=staff[0], takes_effect_at=last)
    assert norm.takes_effect_at == last


def test_a_norm_that_outgrew_its_window_while_it_was_scheduled_leaves_the_former_one_in_force(
    session, clock, entropy, staff
):
    """Where the policy was tightened since, or an earlier release scheduled it: it waits, and its card says why."""
    former = a_certifying_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(former.id, session=session, clock=clock, actor=system())
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    tighter = {"judgement_must_be_measured": False, "window_months": 6}
    policies.set_policy(NormPolicy, tighter, session=session, at=clock.now(), actor=operator())
    with pytest.raises(WindowOutgrown):
        publish_norm(norm.id, session=session, clock=clock, actor=system())
    assert publish_due_norms(session=session, clock=clock, actor=system()) == ()
    assert (former.state, norm.state) == (NormState.PUBLISHED, NormState.SCHEDULED)
    assert queries.has_outgrown_window(queries.norm(norm.id, session=session), session=session, at=clock.now())
    stop_norm(norm.id, "Its answers are too old.", session=session, clock=clock, actor=present(staff[0], clock))
    assert norm.state is NormState.PREVIEWED


def present(actor, clock):
    return replace(actor, second_factor_at=clock.now())


def test_a_candidate_publishes_and_schedules_nothing(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    candidate = Actor(entropy.uuid(), "candidate", frozenset({"candidate"}), clock.now())
    for act in (publish_norm, schedule_norm):
        with pytest.raises(Forbidden):
            act(norm.id, session=session, clock=clock, actor=candidate)


def test_two_norms_due_at_once_are_published_one_after_the_other(session, clock, entropy, staff, run):
    first = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    clock.advance(timedelta(minutes=1))
    second = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    assert publish_due_norms(session=session, clock=clock, actor=system()) == (first.id, second.id)
    assert (first.state, second.state) == (NormState.SUPERSEDED, NormState.PUBLISHED)


def test_an_altered_norm_is_not_published_and_holds_up_no_other(session, clock, entropy, staff, run):
    altered = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    clock.advance(timedelta(minutes=1))
    sound = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    dialect = session.get_bind().dialect.name
    session.execute(text("DROP TRIGGER norm_version_no_edit" + (" ON norm_version" if dialect == "postgresql" else "")))
    session.execute(update(NormVersion).where(NormVersion.id == altered.id).values(cut=altered.cut - 1))
    session.expire_all()
    with pytest.raises(NormAltered):
        publish_norm(altered.id, session=session, clock=clock, actor=operator())
    assert publish_due_norms(session=session, clock=clock, actor=system()) == (sound.id,)
    assert altered.state is NormState.SCHEDULED


def test_an_approval_written_below_the_application_is_not_published(session, clock, entropy, staff, run):
    """Direct SQL that sets every column right still lacks the entry that only an approval writes."""
    norm = a_norm(session, clock, entropy, *staff, NormState.PREVIEWED)
    forged = {
        "state": NormState.SCHEDULED,
        "approved_by": staff[1].person_id,
        "approved_at": clock.now(),
        "approved_sha256": norm.sha256,
        "takes_effect_at": clock.now(),
    }
    session.execute(update(NormVersion).where(NormVersion.id == norm.id).values(forged))
    session.expire_all()
    with pytest.raises(NormNotApproved):
        publish_norm(norm.id, session=session, clock=clock, actor=operator())
    assert publish_due_norms(session=session, clock=clock, actor=system()) == ()


@pytest.mark.parametrize(
    "forged", [{"approved_by": EDITOR_ID}, {"state": NormState.SCHEDULED}, {"state": NormState.PUBLISHED}]
)
def test_the_database_refuses_a_norm_that_one_person_brought_through(session, clock, entropy, staff, run, forged):
    norm = a_norm(session, clock, entropy, *staff, NormState.PREVIEWED)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(NormVersion).where(NormVersion.id == norm.id).values(forged))


def test_every_step_is_in_the_audit_record_with_the_hash(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(norm.id, session=session, clock=clock, actor=system())
    entry = session.scalars(select(AuditEntry).where(AuditEntry.kind == "norm.published")).one()
    assert entry.subject == str(norm.id)
    assert entry.detail == {"label": norm.label, "sha256": norm.sha256, "former": None}


class Killed(BaseException):
    """The process ends here, as on kill -9: no handler runs, the transaction never commits."""


def test_case_085_a_kill_between_phases_leaves_the_old_norm_or_the_new_one_whole(database, clock, entropy):
    """Every writing statement of the publishing transaction is tried as the one that never happens."""
    with database.transaction() as session:
        staff = people(session, clock.now())
        a_calibrated_sample(session, clock, entropy)
        first = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
        publish_norm(first.id, session=session, clock=clock, actor=system())
        second = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    kills = 0
    while _is_killed(database, clock, before_write=kills + 1):
        kills += 1
        assert _state_of(database) == (first.id, first.id)
    assert kills == len(("supersede", "publish", "edition", "log", "audit"))
    assert _state_of(database) == (second.id, second.id)


def _is_killed(database, clock, *, before_write):
    """Publish whatever is due; end the process, as it were, before the given write."""
    writes = count(1)

    def kill(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("UPDATE", "INSERT")) and next(writes) == before_write:
            raise Killed

    event.listen(database.writing, "before_cursor_execute", kill)
    try:
        with database.transaction() as session:
            publish_due_norms(session=session, clock=clock, actor=system())
    except Killed:
        return True
    finally:
        event.remove(database.writing, "before_cursor_execute", kill)
    return False


def _state_of(database):
    """The norm in force, and the norm that new sittings are pinned to."""
    with database.reading() as session:
        published = session.scalars(select(NormVersion.id).where(NormVersion.state == NormState.PUBLISHED)).one()
        pinned = session.scalars(select(Edition.norm_id).order_by(Edition.id.desc())).first()
    return published, pinned


def test_case_039_edge_010_a_new_norm_leaves_the_former_one_bit_for_bit(session: Session, clock, entropy, staff, run):
    first = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(first.id, session=session, clock=clock, actor=system())
    before = queries.content(first.id, session=session)
    edition_before = session.scalars(select(Edition)).all()[-1]
    pinned = (edition_before.norm_id, edition_before.cut, edition_before.cut_standard_error)
    clock.advance(timedelta(days=1))
    a_calibrated_sample(session, clock, entropy, seed=2, shift=0.5)
    second = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(second.id, session=session, clock=clock, actor=system())
    session.expire_all()
    assert second.cut != first.cut
    assert queries.content(first.id, session=session) == before
    assert (edition_before.norm_id, edition_before.cut, edition_before.cut_standard_error) == pinned
    assert session.scalars(select(Edition).order_by(Edition.id.desc())).first().norm_id == second.id
    assert [view.id for view in queries.published(SKILL, "en", session=session)] == [second.id]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.long)])
def test_a_publication_killed_before_any_of_its_statements_leaves_the_former_norm_in_force(
    database, clock, entropy, step
):
    with database.transaction() as session:
        staff = people(session, clock.now())
        a_calibrated_sample(session, clock, entropy)
        a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
        norm_id = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED).id
    database.dispose()
    before = rows_of(database.url)

    def act(here):
        with here.transaction() as session:
            publish_due_norms(session=session, clock=clock, actor=system())

    kills = 0
    for statement in count(1, step):
        if not killed_before(statement, database.url, act):
            break
        kills += 1
        assert rows_of(database.url) == before
    assert kills > 10 / step, "too few statements: this proved little"
    print(f"{kills} kills")
    with database.reading() as session:
        in_force = session.scalars(select(NormVersion.id).where(NormVersion.state == NormState.PUBLISHED)).all()
    assert in_force == [norm_id]
