"""Ten statements of self-report, collected nobody says when, earn nothing under the shipped policy.

Each reason is named.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.foundation.access import system
from app.norming import phases, queries
from app.norming.approve_norm import approve_norm
from app.norming.errors import NormNotDue
from app.norming.publish_norm import publish_norm
from app.norming.sample_commands import calibrate, responses
from app.norming.schedule_norm import schedule_norm
from tests.app.assessment.builders import Place, a_person, take
from tests.app.norming.builders import people
from tests.conftest import shared_file
from tests.journeys import extraversion
from tests.journeys.at_a_standstill import run_jobs

SITTERS = 40
REASONS = {
    "fewer-than-minimum-units",
    "self-report-only",
    "fewer-than-minimum-scenarios",
    "judgement-share",
    "norm-self-report-only",
    "norm-window-unknown",
    "norm-consent-not-stated",
}


@pytest.fixture
def sample():
    return extraversion.read_sample(shared_file("data/openpsy_big5.csv.gz"))


def test_case_031_no_award_is_made_and_every_reason_is_named(runtime, clock, entropy, jobs, sample):
    _publish_norm(runtime, clock, sample)
    place = Place(runtime.database, clock, entropy, jobs)
    for codes in sample.kept_out[:SITTERS]:
        take(
            place,
            a_person(place),
            lambda code, codes=codes: int(codes[_column(place, code)] - 1),
            skill=extraversion.SKILL,
        )
    run_jobs(runtime)

    with runtime.reading() as session:
        decisions = session.execute(text("SELECT outcome, reasons FROM award_decision")).all()
        awards = session.execute(text("SELECT count(*) FROM award")).scalar()
        ranks = session.execute(text("SELECT count(*) FROM skill_result WHERE percentile_rank IS NOT NULL")).scalar()
    assert (len(decisions), awards, ranks) == (SITTERS, 0, SITTERS)
    for outcome, reasons in decisions:
        named = set(json.loads(reasons) if isinstance(reasons, str) else reasons)
        assert outcome == "not-awarded"
        assert named >= REASONS


def _publish_norm(runtime, clock, sample):
    """By the real commands and use cases, with the shipped delay of a day."""
    data, mapping = extraversion.write_files(sample, runtime.settings.data)
    arguments = ["import", str(data), "--skill", extraversion.SKILL, "--population", extraversion.POPULATION]
    for command, given in ((responses, [*arguments, "--mapping", str(mapping)]), (calibrate, [extraversion.SKILL])):
        assert CliRunner().invoke(command, given, obj=runtime, catch_exceptions=False).exit_code == 0
    with runtime.transaction() as session:
        editor, approver = people(session, clock.now())
    tools = {"database": runtime.database, "clock": clock}
    norm_id = phases.draft(extraversion.SKILL, **tools, entropy=runtime.entropy, actor=editor)
    phases.preview(norm_id, **tools, actor=editor)
    with runtime.transaction() as session:
        seen = queries.norm(norm_id, session=session).sha256
        approve_norm(norm_id, seen_sha256=seen, session=session, clock=clock, actor=approver)
        schedule_norm(norm_id, session=session, clock=clock, actor=editor)
    with pytest.raises(NormNotDue), runtime.transaction() as session:
        publish_norm(norm_id, session=session, clock=clock, actor=system())
    clock.advance(timedelta(hours=24))
    with runtime.transaction() as session:
        publish_norm(norm_id, session=session, clock=clock, actor=system())


def _column(place, code):
    text_shown = place.item(code).content["text"]
    return extraversion.COLUMNS.index(text_shown.removeprefix("Statement ").removesuffix("."))
