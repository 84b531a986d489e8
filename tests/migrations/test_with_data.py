"""Down to the first release and up again with people, sittings and certificates in the tables: nobody is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.assessment.models import Edition, Presentation, Sitting
from app.foundation import audit, schema, trigger_guards
from app.foundation.access import Actor, operator
from app.foundation.db import Base, Database
from app.foundation.jobs import is_job_table
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.item_bank import item_record
from app.item_bank.change_item_state import change_item_state
from app.item_bank.item_states import ItemState
from app.item_bank.models import BankRelease
from app.keying.models import Panel, Seat
from app.norming.models import NormVersion
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.browser.normed_bank import adopt_a_norm
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.journeys.at_a_standstill import run_jobs, with_signer


@pytest.fixture
def lived_in(database_url, tmp_path) -> Iterator[Database]:
    """A migrated database in which two people sat, one of them for a certificate."""
    database, settings = Database(database_url), Settings(data=tmp_path, secret_keys=("k" * 40,))
    schema.upgrade(database)
    place = Place(database, FrozenClock(), CountingEntropy(), CollectedJobs())
    runtime = Runtime(
        settings, database, place.clock, place.entropy, place.jobs, Links(settings.secret_keys),
        SpoolMailer(tmp_path / "mail", sender=settings.mail_sender, clock=place.clock),
    )  # fmt: skip
    runtime = with_signer(runtime, tmp_path)
    the_collaboration_bank(place)
    adopt_a_norm(place)
    for theta in (0.0, 3.0):
        take(place, a_person(place), SimulatedPerson(place, theta, theta).answer)
        run_jobs(runtime)
    yield database
    database.dispose()


def rows(database: Database) -> dict[str, int]:
    with database.reading() as session:
        names = inspect(session.connection()).get_table_names()
        ours = [name for name in names if name in Base.metadata.tables and not is_job_table(name, None)]
        return {name: session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in ours}


def dangling(database: Database) -> list[object]:
    if not database.is_sqlite:
        return []  # PostgreSQL looks itself
    with database.reading() as session:
        return list(session.execute(text("PRAGMA foreign_key_check")))


def test_nobody_is_lost_on_the_way_down_step_by_step_and_up_again(lived_in):
    before = rows(lived_in)
    filled = {name for name, count in before.items() if count}
    assert filled >= {"person", "sitting", "response", "skill_result", "award_decision", "credential", "issuer_key"}
    *newer, first = schema.revisions()
    for revision in [*newer[1:], first]:
        schema.downgrade(lived_in, revision)
        assert dangling(lived_in) == [], revision
    oldest = rows(lived_in)
    assert oldest == {name: before[name] for name in oldest}
    schema.upgrade(lived_in)
    assert schema.differences(lived_in) == []
    with lived_in.reading() as session:
        assert trigger_guards.missing_guards(session.connection()) == ()
    after = rows(lived_in)
    assert {name: after[name] for name in oldest} == oldest
    assert dangling(lived_in) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_change_that_leaves_references_to_nothing_is_taken_back(lived_in):
    """Such as a person who is gone although the sitting is there."""
    with sqlite3.connect(lived_in.url.removeprefix("sqlite:///")) as unwatched:
        unwatched.execute("UPDATE sitting SET person_id = ?", ["0" * 32])
    unwatched.close()
    with pytest.raises(schema.ReferencesLost, match="2 rows would refer to none, the first of them row 1 of sitting"):
        schema.downgrade(lived_in, schema.revisions()[1])
    with lived_in.reading() as session:
        assert schema.is_at_head(session.connection())
    with pytest.raises(IntegrityError), lived_in.transaction() as session:  # watched over again
        session.execute(text("UPDATE sitting SET person_id = :nobody"), {"nobody": "1" * 32})


def test_of_two_norms_in_force_the_one_that_no_sitting_is_pinned_to_is_superseded(lived_in):
    """Norms of two groups both stayed published until one was kept for each skill and language."""
    schema.downgrade(lived_in, "2026_11_29_second_address")
    group, norm = f"'{'9' * 32}'", f"'{'8' * 32}'"
    with lived_in.transaction() as session:
        copy("norm_group", session, id=group, described_as="'people who sat'")
        copy("norm_version", session, id=norm, norm_group_id=group, label="'COL-2027.1'")
        copy("edition", session, id="id + 1", language="'en'", norm_id=norm, adopted_at="'2027-02-03 04:05:06+00:00'")
    schema.upgrade(lived_in)
    with lived_in.reading() as session:
        former, latter = session.scalars(select(NormVersion).order_by(NormVersion.label))
        assert (former.state, latter.state) == ("superseded", "published")
        pinned = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
        assert (pinned.norm_id, pinned.adopted_at) == (latter.id, former.superseded_at)
        assert (former.skill, former.language) == (former.group.skill, former.group.language)


def test_former_sittings_of_staff_are_marked_where_the_record_of_roles_says_so(lived_in):
    """One by a former item editor, one begun after a role was taken back; a recruiter is no staff."""
    with lived_in.transaction() as session:
        first, second = session.scalars(select(Sitting).order_by(Sitting.started_at, Sitting.id))
        for one, role, kind, hours in (
            (first, "item_editor", "grant", -2), (first, "item_editor", "revoke", 1), (first, "recruiter", "grant", -2),
            (second, "support", "grant", -2), (second, "support", "revoke", -1), (second, "recruiter", "grant", -2),
        ):  # fmt: skip
            at = one.started_at + timedelta(hours=hours)
            audit.record(f"role.{kind}", one.person_id, actor=operator(), at=at, session=session, detail={"role": role})
        ids = (first.id, second.id)
    schema.downgrade(lived_in, "2026_11_30_lookups")
    schema.upgrade(lived_in)
    with lived_in.reading() as session:
        assert [session.get_one(Sitting, one).taken_by_staff for one in ids] == [True, None]


def test_words_about_a_report_are_taken_out_of_the_record_of_items_also_where_the_report_is_gone(lived_in):
    """What an editor wrote by hand stays, and so does the guard of the record."""
    clock = FrozenClock()
    with lived_in.transaction() as session:
        sitting = session.scalars(select(Sitting)).first()
        shown = select(Presentation).where(Presentation.sitting_id == sitting.id).order_by(Presentation.position)
        first, second, third = session.scalars(shown.limit(3))
        actor = Actor(sitting.person_id, "editor", frozenset({"item_editor"}))
        for one, words in ((first, "Ada is right"), (second, "Eve is right"), (third, "two options say the same")):
            clock.advance(timedelta(hours=1))
            told = {"reason": words, "languages": ["en"], "session": session, "clock": clock, "actor": actor}
            change_item_state(one.item_id, ItemState.SUSPENDED, **told)
            if one is not third:
                detail = {"item": one.item_code, "position": one.position, "problem": "unclear"}
                audit.record("item.reported", one.item_id, actor=actor, at=clock.now(), session=session,
                             detail=detail)  # fmt: skip
                audit.record("item.report_judged", one.item_id, actor=actor, at=clock.now(), session=session,
                             detail={"verdict": "suspended"})  # fmt: skip
        ids = (first.item_id, second.item_id, third.item_id)
    schema.downgrade(lived_in, "2026_11_30_taken_by_staff")
    schema.upgrade(lived_in)
    with lived_in.reading() as session:
        (of_ada,), (of_eve,), (by_hand,) = (item_record.steps_of(one, session=session) for one in ids)
        assert (of_ada.report, of_eve.report, by_hand.report) == (str(ids[0]), str(ids[1]), None)
        assert by_hand.reason == "two options say the same"
        assert trigger_guards.missing_guards(session.connection()) == ()


def test_former_seats_of_judges_say_who_invited_them_where_the_record_does(lived_in):
    """Two invited two judges each; what the record says of a last one was lost."""
    with lived_in.transaction() as session:
        first, second, *_ = session.scalars(select(Person.id).order_by(Person.id)).all()
        release_id, at = (
            session.scalars(select(BankRelease.id)).first(),
            session.scalars(select(Sitting.started_at)).first(),
        )
        panel_id = UUID(int=1)
        session.add(Panel(id=panel_id, release_id=release_id, opened_at=at, opened_by=first, is_simulated=False))
        session.flush()
        for number in range(1, 6):
            seat = {"id": UUID(int=number), "panel_id": panel_id, "number": number, "language": "en", "seed": number}
            session.add(Seat(**seat, invited_at=at))
        for person_id, seats, invited in ((first, 2, 2), (second, 2, 0), (second, 4, 2)):
            detail, by = {"seats": seats, "invited": invited}, Actor(person_id, "admin")
            audit.record("panel.judges_invited", panel_id, actor=by, at=at, session=session, detail=detail)
    schema.downgrade(lived_in, "2026_11_30_taken_by_staff")
    schema.upgrade(lived_in)
    with lived_in.reading() as session:
        known = session.scalars(select(Seat.invited_by).order_by(Seat.number)).all()
    assert known == [first, first, second, second, None]


def copy(table: str, session: Session, **other: str) -> None:
    """One more row like the last one, but for `other`, in the columns that the table has in this revision."""
    names = [column["name"] for column in inspect(session.connection()).get_columns(table)]
    values = ", ".join(other.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    session.execute(text(f'INSERT INTO "{table}" ({listed}) SELECT {values} FROM "{table}" ORDER BY id DESC LIMIT 1'))
