"""A self-assessment in the shape of Local Law 144; every figure here was computed by hand."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from app.awarding.bias_file import BiasFileInvalid, read_bias_file
from app.awarding.commands import bias_report_command
from app.cli import Doorkeeper

# sex, race, people, awarded of them
CELLS = (
    ("f", "A", 25, 10),
    ("f", "B", 15, 2),
    ("m", "A", 40, 16),
    ("m", "B", 17, 4),
    ("m", "C", 3, 0),  # too few to tell anything about
    ("", "A", 5, 1),  # sex unknown
)


@pytest.fixture
def awards(tmp_path):
    """105 people, 33 awarded; scores 1 to 105 in the order of the file."""
    path = tmp_path / "awards.csv"
    people = [(sex, race, int(k < yes)) for sex, race, n, yes in CELLS for k in range(n)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sex", "race", "awarded", "score"])
        writer.writerows((*person, score) for score, person in enumerate(people, start=1))
    return path


@pytest.fixture
def decile(clock):
    """The command under the real program's door; it asks the runtime for the day and nothing else."""

    class Day:
        def __init__(self):
            self.clock = clock

    def run(*arguments, code=0):
        program = Doorkeeper("decile", commands={"bias-report": bias_report_command})
        result = CliRunner().invoke(program, ["bias-report", *map(str, arguments)], obj=Day())
        assert result.exit_code == code, result.output
        return result.output

    return run


def arguments(path, *more):
    return (
        path,
        "--skill",
        "collaboration",
        "--by",
        "sex",
        "--by",
        "race",
        "--source",
        "historical data of 2026",
        *more,
    )


def table_of(report, *by, measure="selection", threshold=None):
    return next(
        table
        for table in report["tables"]
        if table["by"] == list(by) and table["measure"] == measure and threshold in (None, table["threshold"])
    )


def rows_of(table):
    return {" ".join(row["categories"]): row for row in table["rows"]}


def test_rates_and_ratios_by_one_attribute(decile, awards):
    report = json.loads(decile(*arguments(awards, "--decision", "awarded", "--json")))
    table = table_of(report, "sex")
    rows = rows_of(table)
    assert (report["people"], table["unknown"]) == (105, 5)
    assert (rows["f"]["people"], rows["f"]["selected"], rows["f"]["rate"]) == (40, 12, 0.3)
    assert (rows["m"]["people"], rows["m"]["selected"]) == (60, 20)
    assert rows["m"]["rate"] == pytest.approx(20 / 60)
    assert rows["f"]["impact_ratio"] == pytest.approx(0.9)  # .3 / .3333
    assert (rows["m"]["impact_ratio"], rows["m"]["note"]) == (1.0, "reference")
    # Wilson: (.3 + 3.8415/80 ± 1.96 √(.21/40 + 3.8415/6400)) / (1 + 3.8415/40)
    assert rows["f"]["rate_interval"] == pytest.approx([0.1807, 0.4543], abs=1e-4)
    assert not rows["f"]["below_four_fifths"]


def test_edge_085_a_cell_of_three_shows_its_number_alone(decile, awards):
    report = json.loads(decile(*arguments(awards, "--decision", "awarded", "--json")))
    rows = rows_of(table_of(report, "race"))
    assert rows["C"] == {"categories": ["C"], "people": 3, "note": "too-small"}
    assert rows["B"]["impact_ratio"] == pytest.approx((6 / 32) / (27 / 70))  # A: 27 of 70, the unknown sex included
    assert rows["B"]["below_four_fifths"]
    text = decile(*arguments(awards, "--decision", "awarded"))
    assert "| C | 3 | too few to tell |" in text
    assert "| B | 32 | 6 | 0.188 |" in text


def test_every_intersection_is_a_table_of_its_own(decile, awards):
    report = json.loads(decile(*arguments(awards, "--decision", "awarded", "--json")))
    table = table_of(report, "sex", "race")
    rows = rows_of(table)
    assert table["unknown"] == 5
    assert {name: row["people"] for name, row in rows.items()} == {"f A": 25, "f B": 15, "m A": 40, "m B": 17, "m C": 3}
    assert rows["f A"]["rate"] == rows["m A"]["rate"] == 0.4
    assert rows["f B"]["impact_ratio"] == pytest.approx((2 / 15) / 0.4)


def test_a_score_is_reported_by_its_median_and_by_each_cut(decile, awards):
    report = json.loads(decile(*arguments(awards, "--score", "score", "--cut", "96", "--json")))
    scoring = table_of(report, "sex", measure="scoring")
    assert scoring["threshold"] == 53.0  # the 53rd of 105
    # f hold 1 to 40, m 41 to 100: above the median none of f, and 54 to 100 of m
    assert [(row["selected"], row["people"]) for row in scoring["rows"]] == [(0, 40), (47, 60)]
    assert rows_of(scoring)["f"]["impact_ratio"] == 0.0
    cut = table_of(report, "sex", measure="cut", threshold=96.0)
    assert rows_of(cut)["m"]["selected"] == 5  # 96 to 100


@pytest.mark.parametrize("everybody", [0, 1])
def test_edge_086_nobody_or_everybody_awarded_divides_nothing_by_zero(decile, tmp_path, everybody):
    path = tmp_path / "same.csv"
    path.write_text("sex,awarded\n" + "".join(f"{sex},{everybody}\n" for sex in "fm" * 20))
    given = (path, "--skill", "s", "--by", "sex", "--source", "t", "--decision", "awarded")
    report = json.loads(decile(*given, "--json"))
    assert [row["impact_ratio"] for row in report["tables"][0]["rows"]] == [1.0, 1.0]
    assert "1.000" in decile(*given)


def test_it_calls_itself_a_self_assessment_and_says_what_the_law_wants_said(decile, awards):
    text = decile(*arguments(awards, "--decision", "awarded", "--distributed-on", "2026-10-01"))
    assert text.startswith("# Self-assessment in the format of New York City Local Law 144\n")
    assert "no bias audit under the law" in text
    for said in ("Computed on: 2026-11-23", "Tool in use since: 2026-10-01", "Data: historical data of 2026"):
        assert said in text
    assert "no evidence yet" in text
    assert "| unknown | 5 |" in text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("sex,awarded\nf,maybe\nm\n", "row 2, column awarded: 'maybe'"),
        ("sex,awarded\nf,maybe\nm\n", "row 3: 2 fields are needed, 1 found"),
        ("gender,awarded\nf,1\n", "no column sex"),
        ("sex,awarded\n", "holds nobody"),
        ("", "no column sex"),
    ],
)
def test_a_bad_file_is_refused_whole_with_every_reason(decile, tmp_path, content, told):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    assert told in decile(path, "--skill", "s", "--by", "sex", "--source", "t", "--decision", "awarded", code=1)


def test_wrong_usage_and_a_missing_file_are_exit_code_2_and_a_senseless_choice_a_refusal(decile, awards, tmp_path):
    decile(awards, code=2)
    decile(*arguments(awards, "--decision", "awarded", "--cut", "1"), code=2)
    assert "none.csv" in decile(*arguments(tmp_path / "none.csv", "--decision", "awarded"), code=2)
    with pytest.raises(BiasFileInvalid, match=r"nothing was computed\.\n  .*none\.csv cannot be read: No such file"):
        read_bias_file(tmp_path / "none.csv", by=["sex"], decision="awarded", score=None)
    assert "name each column once" in decile(*arguments(awards), code=1)


@pytest.mark.parametrize("cut", ["nan", "inf", "-inf"])
def test_a_cut_that_is_no_finite_number_is_wrong_usage(decile, awards, cut):
    given = arguments(awards, "--score", "score", f"--cut={cut}", "--json")
    assert "--cut is a finite number" in decile(*given, code=2)
