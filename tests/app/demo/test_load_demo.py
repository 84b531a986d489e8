"""The demonstration: who is in it, that the rules held while it was made, and that it is loaded once."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import Person, SecondFactor
from app.assessment.models import Sitting
from app.credentials.models import StatusList
from app.demo import queries
from app.demo.cast import APPROVER, CAST, EDITOR, STAFF
from app.demo.errors import RealContentThere, SignerNeeded, TooFewSimulated
from app.demo.load_demo import BANK, load_demo
from app.demo.population import DESCRIBED_AS
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from app.foundation.db import Base
from app.item_bank.release_bank import release_bank
from app.norming.import_responses import import_responses
from app.norming.models import NormVersion
from app.norming.sample_file import SampleFile
from tests.app.credentials.awards import an_award
from tests.app.demo.conftest import CANDIDATES, never
from tests.app.norming.builders import a_described_mapping
from tests.journeys.at_a_standstill import with_signer

DEMO_NORM_HOURS = 24


def rows_of_every_table(runtime):
    with runtime.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }


def test_there_is_one_of_each_kind_although_the_load_was_cut_off_twice(loaded):
    assert loaded.is_new
    assert loaded.counts == {
        "people": len(CAST) + len(STAFF),
        "sittings awarded": 7,
        "sittings near-miss": 1,
        "sittings not-awarded": 8,
        "sittings held": 1,
        "sittings open": 1,
        "sittings left": 1,
        "specimens current": 4,
        "specimens ending soon": 1,
        "specimens expired": 1,
        "specimens revoked": 1,
    }


def test_loading_again_changes_nothing(stage_runtime, loaded):
    before = rows_of_every_table(stage_runtime)
    again = load_demo(CANDIDATES, runtime=stage_runtime, told=never)
    assert not again.is_new
    assert again.counts == loaded.counts
    assert rows_of_every_table(stage_runtime) == before


def test_every_name_says_demo_and_no_mail_can_reach_anybody(session):
    people = session.scalars(select(Person)).all()
    assert len(people) == len(CAST) + len(STAFF)
    assert all(person.display_name.endswith("(demo)") and person.email.endswith(".invalid") for person in people)


def test_the_norms_were_made_by_two_people_who_waited_as_long_as_everybody(session):
    norms = session.scalars(select(NormVersion).order_by(NormVersion.drafted_at)).all()
    editor, approver = (accounts.person_by_email(part.email, session=session).id for part in (EDITOR, APPROVER))
    assert [(norm.group.language, norm.state) for norm in norms] == [
        ("en", "published"),
        ("fr", "published"),
        ("en", "previewed"),
    ]
    assert all(norm.n == CANDIDATES and norm.group.population == DESCRIBED_AS for norm in norms)
    assert all(norm.drafted_by == editor for norm in norms)
    assert [norm.approved_by for norm in norms] == [approver, approver, None]
    waited = [norm.published_at - norm.approved_at for norm in norms[:2]]
    assert all(timedelta(hours=DEMO_NORM_HOURS) <= wait for wait in waited)
    assert norms[2].preview["former"]["id"] == str(norms[0].id)


def test_the_norms_pin_how_the_kinds_go_together_in_the_sample_that_set_their_scale(session):
    norms = session.scalars(select(NormVersion).order_by(NormVersion.drafted_at)).all()
    (told,) = {norm.run.kinds_correlation["correlation"] for norm in norms if norm.run.kinds_correlation}
    assert {norm.composite["correlation"] for norm in norms} == {told}
    assert told == pytest.approx(0.5, abs=0.15)  # as the people were simulated


def test_nobody_knows_the_authenticators_of_the_two_admins(session):
    assert session.scalar(select(func.count()).select_from(SecondFactor)) == 0


def test_the_retaker_waited_for_the_second_sitting(session):
    per_person = select(Sitting.person_id).group_by(Sitting.person_id).having(func.count() == 2)
    retaker = session.scalars(per_person).one()
    first, second = session.scalars(
        select(Sitting.started_at).where(Sitting.person_id == retaker).order_by(Sitting.started_at)
    )
    assert second - first >= timedelta(days=30)


def test_nothing_happened_in_the_future_and_the_record_says_what_was_played(session, stage_runtime):
    now = stage_runtime.clock.now()
    assert session.scalar(select(func.max(AuditEntry.at))) <= now
    note = session.scalars(select(AuditEntry).where(AuditEntry.kind == queries.LOADED)).one()
    assert (note.at, note.detail["dates_are_invented"]) == (now, True)


def test_the_revocation_is_in_the_published_status_list(session, stage_runtime):
    published = session.scalars(select(StatusList)).one()
    assert published.is_current(with_jwt=True)
    assert published.published_at == stage_runtime.clock.now()


def test_beside_a_sample_of_real_people_nothing_is_loaded(runtime, tmp_path):
    with runtime.transaction() as session:
        bank = release_bank(BANK, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())
        import_responses(
            SampleFile(np.array([[3]], dtype=np.int8), ("col-s01",), 1, {}, "0" * 64),
            a_described_mapping(bank="released", items={"col-s01": {}}),
            skill=bank.skill,
            population="Adults online",
            file_name="real.csv",
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            actor=operator(),
        )
    refused_untouched(with_signer(runtime, tmp_path), RealContentThere, "a sample of real people of collaboration")


def test_beside_a_norm_of_real_people_nothing_is_loaded(runtime, tmp_path):
    with runtime.transaction() as session:
        an_award(session)  # under a norm of real people
    refused_untouched(with_signer(runtime, tmp_path), RealContentThere, "the norm COL-2026.2 of real people")


def test_too_few_simulated_people_are_refused(runtime, tmp_path):
    refused_untouched(with_signer(runtime, tmp_path), TooFewSimulated, "1000 or more", candidates=999)


def test_without_the_signing_key_nothing_is_loaded(runtime):
    refused_untouched(runtime, SignerNeeded, "the worker's account")


def refused_untouched(runtime, refusal, says, candidates=CANDIDATES):
    before = rows_of_every_table(runtime)
    with pytest.raises(refusal, match=says):
        load_demo(candidates, runtime=runtime, told=never)
    assert rows_of_every_table(runtime) == before
