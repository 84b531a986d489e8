"""The command line, as an operator and two norm people use it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app.accounts.invite_person import invite_person
from app.cli import Doorkeeper
from app.norming.commands import norm
from app.norming.models import LegacySample, NormState
from app.norming.queries import norms
from app.norming.sample_commands import calibrate, responses
from tests.app.norming.builders import POPULATION, SKILL, staff_with_authenticator, write_sample


@pytest.fixture
def decile(runtime):
    """The norming commands under the real program's door."""
    program = Doorkeeper("decile", commands={"responses": responses, "calibrate": calibrate, "norm": norm})

    def run(*arguments: str, code: int = 0):
        result = CliRunner().invoke(program, list(arguments), obj=runtime)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result.output

    return run


def import_arguments(path, *more):
    return ("responses", "import", str(path), "--skill", SKILL, "--population", POPULATION, *more)


@pytest.mark.parametrize("population", ["", " \t "])
def test_a_sample_of_nobody_in_particular_is_not_imported(decile, runtime, tmp_path, population):
    given = ("responses", "import", str(write_sample(tmp_path / "s.csv")), "--skill", SKILL, "--population", population)
    assert "Say who these people are" in decile(*given, code=1)
    assert "Say who these people are" in decile(*given, "--dry-run", code=1)
    with runtime.reading() as session:
        assert session.scalar(select(func.count(LegacySample.id))) == 0


def test_a_norm_from_csv_to_publication_by_two_people(decile, runtime, tmp_path):
    editor = staff_with_authenticator(runtime, "ed@example.org", "norm_editor")
    approver = staff_with_authenticator(runtime, "ap@example.org", "norm_approver")
    assert "Imported 300 of 300 rows" in decile(*import_arguments(write_sample(tmp_path / "s.csv")))
    assert "10 items, log-likelihood" in decile("calibrate", SKILL)
    drafted = decile("norm", "draft", SKILL, "--as", "ed@example.org", "--code", editor())
    norm_id = json.loads(decile("norm", "list", "--json"))[0]["id"]
    assert norm_id in drafted
    assert "would be above the cut" in decile("norm", "preview", norm_id)
    assert "Approved" in decile("norm", "approve", norm_id, "--as", "AP@example.org", "--code", approver())
    assert "takes effect at 2026-11-24" in decile("norm", "schedule", norm_id)
    assert "takes effect at" in decile("norm", "publish", norm_id, code=1)
    runtime.clock.advance(timedelta(hours=24))
    assert "Published norm PAT-2026.1" in decile("norm", "publish", norm_id)
    assert "published" in decile("norm", "list", "--skill", SKILL)
    shown = json.loads(decile("norm", "show", norm_id, "--json"))
    assert (shown["state"], shown["gate"], shown["may_certify"]) == ("published", "none", False)
    assert shown["gate_reasons"] == ["sample-too-small", "cut-uncertain", "self-report-only"]
    assert "self-report only" in decile("norm", "show", norm_id)


def test_one_person_stops_a_scheduled_norm_on_the_command_line(decile, runtime, tmp_path):
    editor = staff_with_authenticator(runtime, "ed@example.org", "norm_editor")
    approver = staff_with_authenticator(runtime, "ap@example.org", "norm_approver")
    decile(*import_arguments(write_sample(tmp_path / "s.csv")))
    decile("calibrate", SKILL)
    decile("norm", "draft", SKILL, "--as", "ed@example.org", "--code", editor())
    norm_id = json.loads(decile("norm", "list", "--json"))[0]["id"]
    decile("norm", "preview", norm_id)
    decile("norm", "approve", norm_id, "--as", "ap@example.org", "--code", approver())
    decile("norm", "schedule", norm_id)
    by = ("--as", "ed@example.org", "--code", editor())
    assert "until it is approved anew" in decile("norm", "stop", norm_id, "--reason", "wrong window", *by)
    runtime.clock.advance(timedelta(hours=24))
    assert "only a scheduled norm can be published" in decile("norm", "publish", norm_id, code=1)


def test_one_person_cannot_do_both_on_the_command_line(decile, runtime, tmp_path):
    both = staff_with_authenticator(runtime, "both@example.org", "norm_editor", "norm_approver")
    staff_with_authenticator(runtime, "ap@example.org", "norm_approver")
    decile(*import_arguments(write_sample(tmp_path / "s.csv")))
    decile("calibrate", SKILL)
    decile("norm", "draft", SKILL, "--as", "both@example.org", "--code", both())
    with runtime.reading() as session:
        norm_id = str(norms(session=session)[0].id)
    decile("norm", "preview", norm_id)
    refused = decile("norm", "approve", norm_id, "--as", "both@example.org", "--code", both(), code=1)
    assert "second person" in refused
    wrong = decile("norm", "approve", norm_id, "--as", "ap@example.org", "--code", both(), code=1)
    assert "not accepted for ap@example.org" in wrong
    with runtime.reading() as session:
        assert norms(session=session)[0].state is NormState.PREVIEWED


def test_drafting_needs_the_code_of_the_person_named(decile, runtime, tmp_path):
    editor = staff_with_authenticator(runtime, "ed@example.org", "norm_editor")
    decile(*import_arguments(write_sample(tmp_path / "s.csv")))
    decile("calibrate", SKILL)
    used = editor()
    decile("norm", "draft", SKILL, "--as", "ed@example.org", "--code", used)
    assert "not accepted" in decile("norm", "draft", SKILL, "--as", "ed@example.org", "--code", used, code=1)
    assert "not accepted" in decile("norm", "draft", SKILL, "--as", "ed@example.org", "--code", "nonsense", code=1)
    decile("norm", "draft", SKILL, "--as", "nobody@example.org", "--code", editor(), code=1)


def test_a_code_that_nobody_can_be_asked_for_is_wrong_usage(decile):
    said = decile("norm", "draft", SKILL, "--as", "ed@example.org", code=2)
    assert "--code is needed" in said
    assert "Aborted" not in said


def test_a_person_without_a_second_factor_acts_on_nothing(decile, runtime, tmp_path):
    with runtime.transaction() as session:
        invite_person("new@example.org", session=session, clock=runtime.clock, entropy=runtime.entropy)
    refused = decile("norm", "draft", SKILL, "--as", "new@example.org", "--code", "123456", code=1)
    assert "no second factor in use" in refused


def test_a_dry_run_reports_and_imports_nothing(decile, runtime, tmp_path):
    path = write_sample(tmp_path / "s.csv")
    output = decile(*import_arguments(path, "--dry-run", "--json"))
    assert json.loads(output) | {"sha256": ""} == {
        "imported": 300,
        "rows": 300,
        "set_aside": {},
        "sha256": "",
        "dry_run": True,
    }
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(LegacySample)) == 0


def test_a_dry_run_refuses_whatever_the_import_would(decile, runtime, tmp_path):
    path = write_sample(tmp_path / "s.csv")
    misnamed = ("responses", "import", str(path), "--skill", "No Slug", "--population", POPULATION)
    said = decile(*misnamed, code=1)
    assert decile(*misnamed, "--dry-run", code=1) == said
    decile(*import_arguments(path))
    assert "imported before" in decile(*import_arguments(path, "--dry-run"), code=1)
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(LegacySample)) == 1


def test_bad_rows_are_reported_once_and_nothing_is_imported(decile, runtime, tmp_path):
    path = write_sample(tmp_path / "s.csv", n=50_000)
    lines = path.read_text().splitlines()
    lines[100] = lines[100].rpartition(",")[0] + ",9"
    lines[25_000] = lines[25_000].rpartition(",")[0]
    lines[49_999] = lines[1]
    path.write_text("\n".join(lines))
    refused = decile(*import_arguments(path), code=1)
    assert "3 problems in the file; nothing was imported" in refused
    assert "row 101, column P09: '9'" in refused
    assert "row 25001" in refused
    assert "row 50000, column person: 'p0': the same person answered in row 2" in refused
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(LegacySample)) == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"a;b\n1;2\n", b'person,age\n"x,1\n'])
def test_bad_files_end_in_a_reason_and_exit_code_1(decile, runtime, tmp_path, content):
    path = write_sample(tmp_path / "s.csv")
    path.write_bytes(content)
    assert "nothing was imported" in decile(*import_arguments(path), code=1)


def test_a_missing_mapping_names_the_option(decile, tmp_path):
    path = write_sample(tmp_path / "s.csv")
    (tmp_path / "s.mapping.yaml").unlink()
    assert "--mapping" in decile(*import_arguments(path), code=1)


def test_the_same_file_twice_is_refused(decile, tmp_path):
    path = write_sample(tmp_path / "s.csv")
    decile(*import_arguments(path))
    assert "imported before" in decile(*import_arguments(path), code=1)


def test_wrong_usage_is_exit_code_2(decile, tmp_path):
    decile("responses", "import", code=2)
    decile("norm", "show", "not-a-uuid", code=2)
    decile("norm", "schedule", "3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11", "--at", "tomorrow", code=2)


def test_nothing_to_calibrate_or_to_norm_is_said_plainly(decile, runtime):
    editor = staff_with_authenticator(runtime, "ed@example.org", "norm_editor")
    assert "No sample" in decile("calibrate", "nothing", code=1)
    assert "No sample" in decile("norm", "draft", "nothing", "--as", "ed@example.org", "--code", editor(), code=1)
    assert "no norm version" in decile("norm", "preview", "3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11", code=1)
    assert decile("norm", "list") == "0 norm versions\n"
    assert decile("norm", "recalibrations") == "0 recalibrations\n"
    for listing in ("list", "recalibrations"):
        assert "no skill named 'nothing'" in decile("norm", listing, "--skill", "nothing", code=1)


@pytest.mark.parametrize("group", [responses, calibrate, norm, *responses.commands.values(), *norm.commands.values()])
def test_every_command_has_help_with_an_example(group):
    output = CliRunner().invoke(group, ["--help"]).output
    assert "Example: decile " in output


def test_a_file_that_is_not_there_is_named_and_not_its_mapping(decile, tmp_path):
    said = decile(*import_arguments(tmp_path / "nosuch.csv"), code=2)
    assert "nosuch.csv" in said
    assert "mapping" not in said
