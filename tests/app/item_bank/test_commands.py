"""`decile bank check` and `release`: exit codes, lines, --json, and no traceback for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import Doorkeeper
from app.item_bank.commands import bank
from app.item_bank.errors import BankInvalid
from tests.app.item_bank.bank_folders import SHIPPED, a_bank_folder, another_skills_bank, replace


@pytest.fixture
def run(runtime):
    return lambda *arguments: CliRunner().invoke(bank, [str(part) for part in arguments], obj=runtime)


def run_check(*arguments):
    return CliRunner().invoke(bank, ["check", *(str(part) for part in arguments)])


def test_a_bank_with_warnings_alone_says_that_it_may_be_released_and_exits_0():
    result = run_check(SHIPPED)
    *warnings, verdict = result.output.strip().splitlines()
    assert (result.exit_code, verdict) == (0, f"{SHIPPED} may be released. {len(warnings)} warning(s).")
    assert all(": warning: " in line for line in warnings)


def test_the_banks_that_came_with_the_program_are_found_by_asking_it():
    result = CliRunner().invoke(bank, ["where"])
    assert (result.exit_code, Path(result.output.strip())) == (0, SHIPPED.parents[1])


def test_several_banks_are_checked_together_and_one_problem_is_enough_for_exit_1(tmp_path):
    folder = a_bank_folder(tmp_path)
    replace(folder / "items.yaml", "    keyed: 1", "    keyed: 7")
    result = run_check(SHIPPED, folder)
    assert result.exit_code == 1
    assert f"{SHIPPED} may be released." in result.output
    assert f"1 problem(s) in {folder}." in result.output
    told = json.loads(run_check(SHIPPED, folder, "--json").output)
    assert (told["ok"], told["paths"]) == (False, [str(SHIPPED), str(folder)])
    assert [problem["folder"] for problem in told["problems"] if not problem["is_warning"]] == [str(folder)]


def test_a_summary_is_asked_for_and_is_in_the_json_too():
    assert "nearest other text" not in run_check(SHIPPED).output
    assert "nearest other text (fr)" in run_check(SHIPPED, "--summary").output
    told = json.loads(run_check(SHIPPED, "--summary", "--json").output)
    assert told["summaries"][0]["formats"] == {"statements": 24, "scenarios": 12, "options": 60}


def test_a_release_is_compared_with_the_other_skills_banks(run, tmp_path):
    folder = a_bank_folder(tmp_path)
    another_skills_bank(tmp_path, statement="help someone who had too much to do?")
    refused = run("release", folder)
    assert isinstance(refused.exception, BankInvalid)
    assert "near-duplicate" in str(refused.exception)


def test_a_broken_bank_shows_each_problem_with_its_line_and_exits_1(tmp_path):
    folder = a_bank_folder(tmp_path)
    line = replace(folder / "items.yaml", "    keyed: 1", "    keyed: 7")
    result = run_check(folder)
    assert result.exit_code == 1
    assert f"items.yaml:{line}: statements[1].keyed: 7 is not allowed. Use: 1, -1. [not-allowed]" in result.output


def test_json_holds_the_same_problems_for_programs(tmp_path):
    folder = a_bank_folder(tmp_path)
    line = replace(folder / "items.yaml", "    keyed: 1", "    keyed: 7")
    result = run_check(folder, "--json")
    told = json.loads(result.output)
    assert (result.exit_code, told["ok"]) == (1, False)
    assert [(problem["file"], problem["line"], problem["code"]) for problem in told["problems"]] == [
        ("items.yaml", line, "not-allowed")
    ]
    assert json.loads(run_check(SHIPPED, "--json").output)["ok"] is True


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path):
    assert run_check(tmp_path / "nowhere").exit_code == 2


def test_a_folder_that_is_no_bank_names_the_missing_files(tmp_path):
    result = run_check(tmp_path)
    assert result.exit_code == 1
    assert "bank.yaml:1: the file is missing" in result.output


def test_releasing_twice_says_the_same(run):
    first, second = run("release", SHIPPED), run("release", SHIPPED)
    assert first.exit_code == second.exit_code == 0
    assert first.output == second.output
    assert first.output.startswith("Released collaboration v1 (")
    assert json.loads(run("release", SHIPPED, "--json").output)["label"] == "collaboration v1"


@pytest.mark.parametrize("folder", ["/", "/etc"])
def test_a_folder_that_is_no_banks_is_refused_in_one_line(folder):
    for command in ("check", "release"):
        result = CliRunner().invoke(Doorkeeper("decile", commands={"bank": bank}), ["bank", command, folder])
        assert (result.exit_code, result.output) == (1, f"Refused: {folder} is no bank: a bank lies in <skill>/v<n>.\n")


def test_the_folder_above_the_versions_is_said_to_be_no_bank():
    for folder in (SHIPPED.parent, SHIPPED.parents[1]):
        for command in ("check", "release", "export"):
            done = CliRunner().invoke(Doorkeeper("decile", commands={"bank": bank}), ["bank", command, str(folder)])
            said = f"Refused: {folder} is no bank: a bank lies in <skill>/v<n>.\n"
            assert (done.exit_code, done.output) == (1, said)


@pytest.mark.parametrize(("name", "content"), [("bank.json", "{}"), ("bank.json", "["), ("bank.zip", "no package")])
def test_a_file_that_cannot_be_imported_is_not_sent_to_a_check_of_folders(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    done = CliRunner().invoke(
        Doorkeeper("decile", commands={"bank": bank}), ["bank", "import", str(tmp_path / name), "--into", str(tmp_path)]
    )
    assert (done.exit_code, "bank check" in done.output) == (1, False)
    assert "import it again" in done.output
