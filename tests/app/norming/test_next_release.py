"""The next release of a bank goes on with the scale: what stands in both counts, what is new or reworded waits."""

from __future__ import annotations

from dataclasses import replace as replaced
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.assessment.models import Edition, Sitting
from app.foundation.access import Actor, operator
from app.item_bank import queries as item_bank
from app.item_bank.models import Calibration
from app.item_bank.release_bank import release_bank
from app.item_bank.shared_items import shared_items
from app.norming import bases, queries
from app.norming.approve_norm import approve_norm
from app.norming.calibrate_items import calibrate_items
from app.norming.calibration_errors import ScaleWouldMove
from app.norming.choose_sample import choose_sample
from app.norming.draft_norm import draft_norm
from app.norming.effort import Effort
from app.norming.models import CalibrationRun, LegacySample, NormGroup, NormState, NormVersion
from app.norming.packed import unpack
from app.norming.publish_norm import publish_norm
from app.norming.recalibration import Choice, Source
from app.norming.scales import scale_of
from tests.app.assessment.builders import (
    SKILL,
    Place,
    SimulatedPerson,
    a_person,
    check_all,
    take,
    the_collaboration_bank,
)
from tests.app.item_bank.bank_folders import a_bank_folder, replace
from tests.app.norming.builders import people, take_step
from tests.browser.normed_bank import adopt_a_norm

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part
PEOPLE = 14
NEW = """  - code: col-s99
    facet: share_information
    difficulty_intent: hard
    keyed: 1
    text:
      en: "walk over to somebody at another desk to pass on a piece of news that concerned them?"
      fr: "fait le trajet jusqu’à un autre bureau pour transmettre une nouvelle qui concernait quelqu’un ?"
    incident: A note lay unread for a week.
"""
REWORDED = "tell the people you worked with about a change that affected their task?"


@pytest.fixture
def place(database, clock, entropy, jobs):
    """A first release with a scale and a norm in force, and a few people who sat under it."""
    place = Place(database, clock, entropy, jobs)
    the_collaboration_bank(place)
    adopt_a_norm(place)
    with database.transaction() as session:
        edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
        session.execute(update(LegacySample).values(release_id=edition.release_id))
        session.execute(update(CalibrationRun).values(calibration_id=edition.calibration_id))
    for seed in range(PEOPLE):
        take(place, a_person(place), SimulatedPerson(place, seed / 4 - 1.5, seed / 4 - 1.5, seed).answer)
        clock.advance(timedelta(days=1))
    check_all(place)
    return place


def release_the_next(place, tmp_path, *changes):
    """The next version of the bank, with (file, old, new) changed."""
    folder = a_bank_folder(tmp_path, version=2)
    for name, old, new in changes:
        replace(folder / name, old, new)
    return place.do(
        lambda session: release_bank(
            folder, session=session, clock=place.clock, entropy=place.entropy, actor=operator()
        )
    )


CHANGES = (
    ("items.yaml", REWORDED, "name the people whose task a change of plans would touch?"),
    ("items.yaml", "statements:\n", f"statements:\n{NEW}"),
)


def drawn(place, editor):
    choice = Choice(Source.SITTINGS, language="en")
    tools = {"clock": place.clock, "entropy": place.entropy, "actor": editor}
    return place.do(lambda session: choose_sample(SKILL, choice, session=session, **tools).id)


def test_sittings_and_parameters_go_over_for_what_is_unchanged_and_the_norm_puts_it_in_force(place, tmp_path):
    release = release_the_next(place, tmp_path, *CHANGES)
    with place.database.transaction() as session:
        editor, approver = people(session, place.clock.now())
        editor = Actor(editor.person_id, "editor", editor.roles | {"operator"}, editor.second_factor_at)
    sample_id = drawn(place, editor)
    with place.database.reading() as session:
        row = session.get_one(LegacySample, sample_id)
        answered = unpack(
            session.scalar(select(LegacySample.responses).where(LegacySample.id == sample_id)), len(row.columns)
        )
        (former,) = {
            one
            for one in session.scalars(select(Calibration.id)).all()
            if item_bank.calibration(one, session=session).n == 5000
        }
        sample = bases.sample(sample_id, session=session)
    assert (row.release_id, row.n) == (release.id, PEOPLE)
    asked = {code: (answered[:, column] >= 0).any() for column, code in enumerate(row.columns)}
    assert not asked["col-s01"]
    assert not asked["col-s99"]
    assert sum(asked.values()) > 20
    assert set(sample.scale.codes) == set(row.columns) - {"col-s01", "col-s99"}

    tools = {"clock": place.clock, "entropy": place.entropy}
    run = place.do(
        lambda session: calibrate_items(sample, session=session, actor=operator(), effort=Effort(2, 50), **tools).id
    )
    with place.database.reading() as session:
        calibration_id = session.get_one(CalibrationRun, run).calibration_id
        stored = item_bank.calibration(calibration_id, session=session)
        carried, known = (item_bank.item_parameters(one, session=session) for one in (calibration_id, former))
        assert (stored.release_id, stored.source) == (release.id, "sample")
        assert item_bank.on_the_same_scale(former, session=session) == {former, calibration_id}
        assert item_bank.latest_on_scale(former, session=session) == former  # of its own release
        rows = [known.self_report_codes.index(code) for code in carried.self_report_codes]
        assert carried.self_report == known.self_report.take(rows)
        assert carried.judgement == known.judgement
        again = scale_of(session.get_one(LegacySample, sample_id), session=session)
        assert (again.calibration_id, again.is_carried) == (calibration_id, False)
        basis = bases.basis_of_draft_from(
            bases.sample(sample_id, session=session), session=session, at=place.clock.now()
        )

    with place.database.transaction() as session:
        norm = draft_norm(basis, session=session, actor=editor, **tools)
        in_force = queries.published(norm.skill, norm.language, session=session)[0].id
        take_step(norm, NormState.PREVIEWED, at=place.clock.now(), approver=approver, in_force=in_force)
        session.flush()
        present = replaced(approver, second_factor_at=place.clock.now())
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=place.clock, actor=present)
        take_step(norm, NormState.SCHEDULED, at=place.clock.now(), approver=approver)
        publish_norm(norm.id, session=session, clock=place.clock, actor=operator())
    started = place.start(a_person(place)).sitting_id
    sitting = place.do(lambda session: session.get_one(Sitting, started))
    assert (sitting.release_id, sitting.calibration_id) == (release.id, calibration_id)


def test_a_bank_that_keeps_less_than_half_of_a_kind_is_another_instrument(place, tmp_path):
    """Another key makes another scenario: none of the former is left."""
    text = (a_bank_folder(tmp_path / "copy") / "scenarios.yaml").read_text(encoding="utf-8")
    changes = [("scenarios.yaml", text, text.replace("- key: 6\n", "- key: 5\n"))]
    release = release_the_next(place, tmp_path, *changes)
    with place.database.transaction() as session:
        former = item_bank.release(session.scalars(select(Sitting.release_id)).first(), session=session)
        shared = shared_items(release.id, former.id, session=session)
        assert not shared.is_one_instrument
        assert {
            item.kind for item in item_bank.release_items(former.id, "en", session=session) if item.code in shared.codes
        } == {"statement"}
        group = session.scalars(select(NormGroup).where(NormGroup.skill == SKILL)).first()
        row = LegacySample(release_id=release.id, group=group, norm_group_id=group.id, is_simulated=False)
        assert scale_of(row, session=session) is None


def test_its_sample_is_refused_instead_of_setting_a_second_scale(place, tmp_path, monkeypatch):
    release_the_next(place, tmp_path, *CHANGES)
    with place.database.transaction() as session:
        editor, _ = people(session, place.clock.now())
        editor = Actor(editor.person_id, "editor", editor.roles | {"operator"}, editor.second_factor_at)
    sample_id = drawn(place, editor)
    monkeypatch.setattr("app.item_bank.shared_items.LEAST_SHARE", 1.0)
    sample = place.do(lambda session: bases.sample(sample_id, session=session))
    assert sample.scale is None
    monkeypatch.setattr("app.norming.calibrate_items._fits", lambda *_: {})
    with pytest.raises(ScaleWouldMove):
        place.do(
            lambda session: calibrate_items(
                sample,
                session=session,
                clock=place.clock,
                entropy=place.entropy,
                actor=operator(),
                effort=Effort(2, 50),
            )
        )
    assert place.do(lambda session: session.scalars(select(NormVersion)).all())
